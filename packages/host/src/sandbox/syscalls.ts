/**
 * System calls that a sandbox may use, with their numbers for each architecture (Linux `asm/unistd_64.h` and
 * `asm-generic/unistd.h`). A call that is not listed fails. The kernel never changes a number.
 */
// oxfmt-ignore
export const allowedX64: Readonly<Record<string, number>> = {
  // files
  read: 0, write: 1, open: 2, openat: 257, openat2: 437, close: 3, close_range: 436, creat: 85, lseek: 8,
  pread64: 17, pwrite64: 18, readv: 19, writev: 20, preadv: 295, pwritev: 296, preadv2: 327, pwritev2: 328, stat: 4,
  fstat: 5, lstat: 6, newfstatat: 262, statx: 332, access: 21, faccessat: 269, faccessat2: 439, readlink: 89,
  readlinkat: 267, getdents: 78, getdents64: 217, getcwd: 79, chdir: 80, fchdir: 81, rename: 82, renameat: 264,
  renameat2: 316, mkdir: 83, mkdirat: 258, rmdir: 84, link: 86, linkat: 265, unlink: 87, unlinkat: 263, symlink: 88,
  symlinkat: 266, chmod: 90, fchmod: 91, fchmodat: 268, fchmodat2: 452, chown: 92, fchown: 93, lchown: 94,
  fchownat: 260, utime: 132, utimes: 235, utimensat: 280, futimesat: 261, truncate: 76, ftruncate: 77,
  fallocate: 285, fsync: 74, fdatasync: 75, sync_file_range: 277, fadvise64: 221, readahead: 187, flock: 73,
  fcntl: 72, dup: 32, dup2: 33, dup3: 292, pipe: 22, pipe2: 293, umask: 95, statfs: 137, fstatfs: 138,
  copy_file_range: 326, sendfile: 40, splice: 275, tee: 276, getxattr: 191, lgetxattr: 192, fgetxattr: 193,
  listxattr: 194, llistxattr: 195, flistxattr: 196, cachestat: 451, inotify_init: 253, inotify_init1: 294,
  inotify_add_watch: 254, inotify_rm_watch: 255,
  // memory
  mmap: 9, munmap: 11, mprotect: 10, mremap: 25, madvise: 28, brk: 12, mincore: 27, msync: 26, mlock: 149,
  mlock2: 325, munlock: 150, membarrier: 324, memfd_create: 319, pkey_alloc: 330, pkey_free: 331, pkey_mprotect: 329,
  shmget: 29, shmat: 30, shmdt: 67, shmctl: 31,
  // processes
  execve: 59, execveat: 322, exit: 60, exit_group: 231, fork: 57, vfork: 58, wait4: 61, waitid: 247, kill: 62,
  tkill: 200, tgkill: 234, getpid: 39, getppid: 110, gettid: 186, getuid: 102, geteuid: 107, getgid: 104,
  getegid: 108, getresuid: 118, getresgid: 120, getgroups: 115, getpgrp: 111, getpgid: 121, setpgid: 109,
  getsid: 124, setsid: 112, prctl: 157, arch_prctl: 158, set_tid_address: 218, set_robust_list: 273,
  get_robust_list: 274, rseq: 334, futex: 202, futex_waitv: 449, futex_wake: 454, futex_wait: 455,
  futex_requeue: 456, getrusage: 98, getrlimit: 97, setrlimit: 160, prlimit64: 302, getpriority: 140,
  setpriority: 141, pidfd_open: 434, pidfd_send_signal: 424, restart_syscall: 219,
  // schedule
  sched_yield: 24, sched_getaffinity: 204, sched_setaffinity: 203, sched_getparam: 143, sched_getscheduler: 145,
  sched_get_priority_max: 146, sched_get_priority_min: 147, sched_getattr: 315, getcpu: 309,
  // signals
  rt_sigaction: 13, rt_sigprocmask: 14, rt_sigreturn: 15, rt_sigpending: 127, rt_sigsuspend: 130,
  rt_sigtimedwait: 128, rt_sigqueueinfo: 129, sigaltstack: 131, signalfd: 282, signalfd4: 289, pause: 34,
  // time
  clock_gettime: 228, clock_getres: 229, clock_nanosleep: 230, nanosleep: 35, gettimeofday: 96, time: 201,
  times: 100, alarm: 37, getitimer: 36, setitimer: 38, timer_create: 222, timer_settime: 223, timer_gettime: 224,
  timer_getoverrun: 225, timer_delete: 226, timerfd_create: 283, timerfd_settime: 286, timerfd_gettime: 287,
  // waiting
  poll: 7, ppoll: 271, select: 23, pselect6: 270, epoll_create: 213, epoll_create1: 291, epoll_ctl: 233,
  epoll_wait: 232, epoll_pwait: 281, epoll_pwait2: 441, eventfd: 284, eventfd2: 290,
  // sockets
  bind: 49, listen: 50, accept: 43, accept4: 288, connect: 42, getsockname: 51, getpeername: 52, getsockopt: 55,
  setsockopt: 54, sendto: 44, recvfrom: 45, sendmsg: 46, recvmsg: 47, sendmmsg: 307, recvmmsg: 299, shutdown: 48,
  // system
  uname: 63, sysinfo: 99, getrandom: 318, capget: 125,
};

// oxfmt-ignore
export const allowedArm64: Readonly<Record<string, number>> = {
  // files
  read: 63, write: 64, openat: 56, openat2: 437, close: 57, close_range: 436, lseek: 62, pread64: 67, pwrite64: 68,
  readv: 65, writev: 66, preadv: 69, pwritev: 70, preadv2: 286, pwritev2: 287, fstat: 80, newfstatat: 79, statx: 291,
  faccessat: 48, faccessat2: 439, readlinkat: 78, getdents64: 61, getcwd: 17, chdir: 49, fchdir: 50, renameat: 38,
  renameat2: 276, mkdirat: 34, linkat: 37, unlinkat: 35, symlinkat: 36, fchmod: 52, fchmodat: 53, fchmodat2: 452,
  fchown: 55, fchownat: 54, utimensat: 88, truncate: 45, ftruncate: 46, fallocate: 47, fsync: 82, fdatasync: 83,
  sync_file_range: 84, fadvise64: 223, readahead: 213, flock: 32, fcntl: 25, dup: 23, dup3: 24, pipe2: 59,
  umask: 166, statfs: 43, fstatfs: 44, copy_file_range: 285, sendfile: 71, splice: 76, tee: 77, getxattr: 8,
  lgetxattr: 9, fgetxattr: 10, listxattr: 11, llistxattr: 12, flistxattr: 13, cachestat: 451, inotify_init1: 26,
  inotify_add_watch: 27, inotify_rm_watch: 28,
  // memory
  mmap: 222, munmap: 215, mprotect: 226, mremap: 216, madvise: 233, brk: 214, mincore: 232, msync: 227, mlock: 228,
  mlock2: 284, munlock: 229, membarrier: 283, memfd_create: 279, pkey_alloc: 289, pkey_free: 290, pkey_mprotect: 288,
  shmget: 194, shmat: 196, shmdt: 197, shmctl: 195,
  // processes
  execve: 221, execveat: 281, exit: 93, exit_group: 94, wait4: 260, waitid: 95, kill: 129, tkill: 130, tgkill: 131,
  getpid: 172, getppid: 173, gettid: 178, getuid: 174, geteuid: 175, getgid: 176, getegid: 177, getresuid: 148,
  getresgid: 150, getgroups: 158, getpgid: 155, setpgid: 154, getsid: 156, setsid: 157, prctl: 167,
  set_tid_address: 96, set_robust_list: 99, get_robust_list: 100, rseq: 293, futex: 98, futex_waitv: 449,
  futex_wake: 454, futex_wait: 455, futex_requeue: 456, getrusage: 165, getrlimit: 163, setrlimit: 164,
  prlimit64: 261, getpriority: 141, setpriority: 140, pidfd_open: 434, pidfd_send_signal: 424, restart_syscall: 128,
  // schedule
  sched_yield: 124, sched_getaffinity: 123, sched_setaffinity: 122, sched_getparam: 121, sched_getscheduler: 120,
  sched_get_priority_max: 125, sched_get_priority_min: 126, sched_getattr: 275, getcpu: 168,
  // signals
  rt_sigaction: 134, rt_sigprocmask: 135, rt_sigreturn: 139, rt_sigpending: 136, rt_sigsuspend: 133,
  rt_sigtimedwait: 137, rt_sigqueueinfo: 138, sigaltstack: 132, signalfd4: 74,
  // time
  clock_gettime: 113, clock_getres: 114, clock_nanosleep: 115, nanosleep: 101, gettimeofday: 169, times: 153,
  getitimer: 102, setitimer: 103, timer_create: 107, timer_settime: 110, timer_gettime: 108, timer_getoverrun: 109,
  timer_delete: 111, timerfd_create: 85, timerfd_settime: 86, timerfd_gettime: 87,
  // waiting
  ppoll: 73, pselect6: 72, epoll_create1: 20, epoll_ctl: 21, epoll_pwait: 22, epoll_pwait2: 441, eventfd2: 19,
  // sockets
  bind: 200, listen: 201, accept: 202, accept4: 242, connect: 203, getsockname: 204, getpeername: 205,
  getsockopt: 209, setsockopt: 208, sendto: 206, recvfrom: 207, sendmsg: 211, recvmsg: 212, sendmmsg: 269,
  recvmmsg: 243, shutdown: 210,
  // system
  uname: 160, sysinfo: 179, getrandom: 278, capget: 90,
};

/** Calls whose arguments the filter reads. */
export interface JudgedCalls {
  readonly clone: number;
  readonly clone3: number;
  readonly socket: number;
  readonly socketpair: number;
  readonly ioctl: number;
}

export const judgedX64: JudgedCalls = { clone: 56, clone3: 435, socket: 41, socketpair: 53, ioctl: 16 };
export const judgedArm64: JudgedCalls = { clone: 220, clone3: 435, socket: 198, socketpair: 199, ioctl: 29 };
