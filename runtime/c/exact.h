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

/* clang would make vectors of single floats, which on 32-bit ARM aren't exact: vectors.h. It doesn't tell whether it may. */
#if defined(__clang__) && defined(__arm__) && !defined(SIGNWAVE_NO_SLP)
#error "for 32-bit ARM, clang needs -fno-slp-vectorize; give -DSIGNWAVE_NO_SLP too, to say that you did"
#endif

#include <float.h>
/* 16: the processor has numbers of 16 bits, too, and floats are computed as floats (gcc with -march=native on Xeons from 2023 on). */
#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "floats are computed with more digits than they have; on 32-bit x86 compile with -msse4.1 -mfpmath=sse"
#endif

#endif
