/*
 * Lets user-mode Linux 6.1 run on processors with AMX.
 *
 * It keeps 2696 bytes of vector state for each of its tasks, what a processor with AVX-512 has, and gives just these
 * back by PTRACE_SETREGSET. The host takes nothing but the whole state, 11008 bytes with AMX, and says EFAULT
 * (xstateregs_set() in arch/x86/kernel/fpu/regset.c). So what is missing is put behind it: whatever the host has there.
 * No guest can use AMX, since that takes a permission that none asks for.
 *
 * To be preloaded. Without libc's headers, so that a bare compiler is enough.
 */
struct iovec {
  void *base;
  unsigned long length;
};

long syscall(long number, ...);

enum { SYS_PTRACE = 101, PEEK_FIRST = 1, PEEK_LAST = 3, GETREGSET = 0x4204, SETREGSET = 0x4205, XSTATE = 0x202 };

/* Not on the stack: the kernel stacks of user-mode Linux are small. It has one thread only. */
static unsigned char whole[1 << 16] __attribute__((aligned(64)));

long ptrace(long request, long pid, long address, void *data) {
  if (request >= PEEK_FIRST && request <= PEEK_LAST) {
    long word;
    long result = syscall(SYS_PTRACE, request, pid, address, &word);
    return result < 0 ? result : word;
  }
  if (request == SETREGSET && address == XSTATE) {
    struct iovec *given = data;
    struct iovec full = {whole, sizeof whole};
    if (syscall(SYS_PTRACE, (long)GETREGSET, pid, address, &full) == 0 && full.length > given->length) {
      __builtin_memcpy(whole, given->base, given->length);
      return syscall(SYS_PTRACE, request, pid, address, &full);
    }
  }
  return syscall(SYS_PTRACE, request, pid, address, data);
}
