/* operations.c — runs the operations of conformance/scripts/c-operations.mjs on each sample of stdin. */
#include <stdio.h>

#include "kernels.h"
#include "sizes.h"
#include "wasm.h"

_Alignas(64) u8 signwave_memory[65536];

int main(void) {
  while (fread(AT(RECORD), 1, OPERANDS, stdin) == OPERANDS) {
    signwave_operations(RECORD);
    fwrite(AT(RECORD + OPERANDS), 1, RESULTS, stdout);
  }
  return 0;
}
