// A plugin for QEMU's user mode (TCG) that counts the instructions the guest executes up to each call of one system call.
//
//   qemu-x86_64 -plugin ./count-instructions.so,call=95,out=counts.txt node program.mjs
//
// call    number of the guest's system call that sets a mark; programs call process.umask() for it
// out     file that gets a line for each mark: the number of instructions so far
// blocks  optional file: after every second mark, the blocks executed since the mark before it, one a line (its address, how often it
//         was executed, the bytes of each of its instructions), and then a line with a dash
//
// Debian's package has no header for plugins, so the functions used are declared here: QEMU's plugin API, version 1 (QEMU 4.2 to 8.2).
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qemu_plugin_op op, void *ptr, uint64_t imm);
extern void qemu_plugin_register_vcpu_syscall_cb(qemu_plugin_id_t id,
    void (*cb)(qemu_plugin_id_t, unsigned vcpu, int64_t number, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t));

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static uint64_t executed;
static int64_t mark_call = -1;
static FILE *out;
static FILE *blocks_out;

enum { MAX_INSN_BYTES = 16 };
struct block {
  struct block *next;
  uint64_t address, executed, executed_at_mark;
  size_t insns;
  struct {
    unsigned char size, bytes[MAX_INSN_BYTES];
  } insn[];
};
static struct block *blocks;
static unsigned marks;

static void watch_block(struct qemu_plugin_tb *tb) {
  const size_t n = qemu_plugin_tb_n_insns(tb);
  struct block *block = calloc(1, sizeof *block + n * sizeof block->insn[0]);
  if (block == NULL) abort();
  block->address = qemu_plugin_tb_vaddr(tb);
  block->insns = n;
  for (size_t i = 0; i < n; i++) {
    const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
    block->insn[i].size = qemu_plugin_insn_size(insn);
    memcpy(block->insn[i].bytes, qemu_plugin_insn_data(insn), block->insn[i].size);
  }
  block->next = blocks;
  blocks = block;
  qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &block->executed, 1);
}

static void write_blocks(int is_wanted) {
  for (struct block *block = blocks; block != NULL; block = block->next) {
    const uint64_t executions = block->executed - block->executed_at_mark;
    block->executed_at_mark = block->executed;
    if (!is_wanted || executions == 0) continue;
    fprintf(blocks_out, "%" PRIx64 " %" PRIu64, block->address, executions);
    for (size_t i = 0; i < block->insns; i++) {
      fputc(' ', blocks_out);
      for (unsigned at = 0; at < block->insn[i].size; at++) fprintf(blocks_out, "%02x", block->insn[i].bytes[at]);
    }
    fputc('\n', blocks_out);
  }
  if (!is_wanted) return;
  fputs("-\n", blocks_out);
  fflush(blocks_out);
}

// A block runs from its first instruction to its last unless an instruction faults; nothing here does.
static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &executed, qemu_plugin_tb_n_insns(tb));
  if (blocks_out != NULL) watch_block(tb);
}

static void on_syscall(qemu_plugin_id_t id, unsigned vcpu, int64_t number, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                       uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
  (void)id, (void)vcpu, (void)a1, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
  if (number != mark_call) return;
  fprintf(out, "%" PRIu64 "\n", executed);
  fflush(out);
  if (blocks_out != NULL) write_blocks(marks++ % 2 == 1);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
  (void)info;
  for (int i = 0; i < argc; i++) {
    if (strncmp(argv[i], "call=", 5) == 0) mark_call = atoll(argv[i] + 5);
    if (strncmp(argv[i], "blocks=", 7) == 0) blocks_out = fopen(argv[i] + 7, "w");
    if (strncmp(argv[i], "out=", 4) == 0) out = fopen(argv[i] + 4, "w");
  }
  if (mark_call < 0 || out == NULL) {
    fprintf(stderr, "count-instructions: call=NUMBER and out=FILE are needed\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_vcpu_syscall_cb(id, on_syscall);
  return 0;
}
