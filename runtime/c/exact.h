/* exact.h — to be included first by files whose floats must be the same bits everywhere: each operation rounds once, to its own type. */
#ifndef SIGNWAVE_EXACT_H
#define SIGNWAVE_EXACT_H

#ifdef __FAST_MATH__
#error "-ffast-math changes results; compile without it"
#endif

/* No multiplication and addition in one rounding, which gcc makes of them by default where the processor can. */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

#include <float.h>
#if FLT_EVAL_METHOD != 0
#error "floats are computed with more digits than they have; on 32-bit x86 compile with -msse4.1 -mfpmath=sse"
#endif

#endif
