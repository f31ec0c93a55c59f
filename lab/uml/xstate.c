/* Lets a User-Mode Linux kernel run on processors whose register state it is too old to know (Intel's AMX).
 *
 * Loaded into linux.uml with LD_PRELOAD by lab/uml/xstate.py, which compiles it. UML keeps a guest process's
 * registers as the first 2,696 bytes of the processor's state and writes them back with PTRACE_SETREGSET. Linux takes
 * only a whole state, and with AMX that is 11,008 bytes: every guest would end with "ptrace set fp regs failed,
 * errno = 14". So a short state is completed here. What is missing are tiles, which no process can use before it has
 * asked Linux for them, and a guest's cannot ask: their bits in the header are cleared, which means "as at the start".
 *
 * No header of libc is used, so that a compiler alone is enough.
 */
#include <stdarg.h>

#define PTRACE_GETREGSET 0x4204
#define PTRACE_SETREGSET 0x4205
#define NT_X86_XSTATE ((void *) 0x202)
#define RTLD_NEXT ((void *) -1L)
#define HEADER 512                         /* where the bits of what is in use begin (Intel SDM vol. 1, 13.4.2) */
#define TILES (3ULL << 17)                 /* XTILECFG and XTILEDATA */
#define LARGEST 65536

struct iovec { void *base; unsigned long length; };

extern void *dlsym(void *handle, const char *name);

static _Alignas(64) char state[LARGEST];
static unsigned long whole;                /* bytes of this processor's whole state, once known */

static long (*next_ptrace)(int request, ...);

static long set_registers(int pid, struct iovec *given)
{
    struct iovec all = { state, sizeof state };

    if (!whole) {
        if (next_ptrace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &all) != 0)
            return -1;
        whole = all.length;
        __builtin_memset(state, 0, sizeof state);
    }
    if (given->length >= whole)
        return next_ptrace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, given);
    __builtin_memcpy(state, given->base, given->length);
    *(unsigned long long *) (state + HEADER) &= ~TILES;
    all.length = whole;
    return next_ptrace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &all);
}

long ptrace(int request, ...)
{
    va_list rest;
    int pid;
    void *address, *data;

    va_start(rest, request);
    pid = va_arg(rest, int);
    address = va_arg(rest, void *);
    data = va_arg(rest, void *);
    va_end(rest);
    if (!next_ptrace)
        next_ptrace = (long (*)(int, ...)) dlsym(RTLD_NEXT, "ptrace");
    if (request == PTRACE_SETREGSET && address == NT_X86_XSTATE)
        return set_registers(pid, data);
    return next_ptrace(request, pid, address, data);
}
