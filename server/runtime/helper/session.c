/*
 * The session helper: runs inside an instance, as the instance's own user and within all its limits, and starts the
 * processes of SSH sessions there. The engine's exec starts it once; the platform's agent tells it on stdin whom to expect
 * (a ticket and what to run); the gateway then connects, shows the ticket and speaks frames (server/ssh/frames.ts).
 *
 * stdin: u32 length, then fields that end with a zero byte: ticket, kind, and
 *   shell | command | sftp: text, term ("" without a terminal), cols, rows, then NAME=value …
 *   dial: port
 * stdout: "port <n>\n" once, then "ok\n" for each ticket. With stdin closed it takes no more and ends with its last session.
 *
 * Usage: session <address to listen at> <the one address that may connect>
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { TICKETS = 64, KNOCKING = 64, TICKET_SECONDS = 20, KNOCK_SECONDS = 5, REQUEST_MAX = 300000, CHUNK = 128 * 1024, FIELDS = 256 };
enum { INPUT = 1, END_OF_INPUT = 2, RESIZE = 3, SIGNAL = 4, OUTPUT = 17, ERROR_OUTPUT = 18, EXIT = 19 };
#define TICKET_LENGTH 32

struct ticket { char *request; uint32_t length; time_t until; };
struct knock { int fd; size_t have; char text[TICKET_LENGTH + 1]; time_t until; };
static struct ticket tickets[TICKETS];
static struct knock knocks[KNOCKING];

static time_t now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec; }

static int write_all(int fd, const char *data, size_t length) {
  while (length > 0) {
    ssize_t done = write(fd, data, length);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && errno == EAGAIN) { struct pollfd p = { fd, POLLOUT, 0 }; poll(&p, 1, -1); continue; }
    if (done <= 0) return -1;
    data += done; length -= (size_t)done;
  }
  return 0;
}
static void put_u32(unsigned char *at, uint32_t value) { at[0] = value >> 24; at[1] = value >> 16; at[2] = value >> 8; at[3] = value; }
static uint32_t get_u32(const unsigned char *at) { return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]; }
static void set_nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

/* ---- what a session runs ---- */

static char user_name[64] = "", user_home[256] = "", user_shell[256] = "";

/* From /etc/passwd itself: a static program has no name service. */
static void read_user(void) {
  FILE *file = fopen("/etc/passwd", "re");
  char line[1024];
  uid_t uid = getuid();
  while (file && fgets(line, sizeof line, file)) {
    char *fields[7], *rest = line;
    int count = 0;
    line[strcspn(line, "\n")] = 0;
    while (count < 7 && rest) fields[count++] = strsep(&rest, ":");
    if (count < 7 || (uid_t)strtoul(fields[2], NULL, 10) != uid) continue;
    snprintf(user_name, sizeof user_name, "%s", fields[0]);
    snprintf(user_home, sizeof user_home, "%s", fields[5]);
    snprintf(user_shell, sizeof user_shell, "%s", fields[6]);
    break;
  }
  if (file) fclose(file);
  const char *choices[] = { user_shell, "/bin/bash", "/bin/ash", "/bin/sh", "/.slipway/bin/busybox" };
  for (size_t i = 0; i < 5; i++) {
    if (choices[i][0] != '/' || strstr(choices[i], "nologin") || strstr(choices[i], "/false") || access(choices[i], X_OK) != 0) continue;
    if (choices[i] != user_shell) snprintf(user_shell, sizeof user_shell, "%s", choices[i]);
    return;
  }
  user_shell[0] = 0;
}

static void prepare_environment(char **fields, int from, int count, const char *term) {
  for (int i = from; i < count; i++) if (strchr(fields[i], '=')) putenv(fields[i]);
  if (term[0]) setenv("TERM", term, 1);
  if (user_name[0]) { setenv("USER", user_name, 1); setenv("LOGNAME", user_name, 1); }
  const char *home = getenv("HOME");
  if (user_home[0] && (!home || strcmp(home, "/") == 0)) setenv("HOME", user_home, 1);
  if (user_shell[0]) setenv("SHELL", user_shell, 1);
  const char *path = getenv("PATH");
  char longer[8192];
  snprintf(longer, sizeof longer, "%.8000s:/.slipway/bin", path && path[0] ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  setenv("PATH", longer, 1);
}

static void run(const char *kind, const char *text) {
  const char *base = strrchr(user_shell, '/');
  char login[64];
  if (strcmp(kind, "sftp") == 0) {
    execl("/.slipway/bin/sftp-server", "sftp-server", (char *)NULL);
  } else if (user_shell[0]) {
    int is_busybox = strcmp(user_shell, "/.slipway/bin/busybox") == 0;
    snprintf(login, sizeof login, "-%.60s", is_busybox ? "sh" : base ? base + 1 : "sh");
    if (strcmp(kind, "shell") == 0) execl(user_shell, login, (char *)NULL);
    else execl(user_shell, login + 1, "-c", text, (char *)NULL);
  }
  dprintf(2, "slipway: cannot start: %s\n", strerror(errno));
  _exit(127);
}

/* ---- one session, in a process of its own ---- */

static const struct { const char *name; int number; } names[] = {
  { "ABRT", SIGABRT }, { "ALRM", SIGALRM }, { "FPE", SIGFPE }, { "HUP", SIGHUP }, { "ILL", SIGILL }, { "INT", SIGINT }, { "KILL", SIGKILL },
  { "PIPE", SIGPIPE }, { "QUIT", SIGQUIT }, { "SEGV", SIGSEGV }, { "TERM", SIGTERM }, { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 }, { "BUS", SIGBUS },
};

struct session {
  int socket, in, out, err, tty;
  pid_t leader;
  int exited, status, input_ended;
  unsigned char inbuf[CHUNK + 5]; size_t in_have;
  uint32_t frame_left; int frame_kind;
  unsigned char outbuf[CHUNK + 5]; size_t out_have, out_done;
};

static void send_signal(struct session *s, const char *name) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(names[i].name, name) != 0) continue;
    pid_t group = s->leader, foreground = s->tty ? tcgetpgrp(s->in) : -1;
    kill(-(foreground > 0 ? foreground : group), names[i].number);
  }
}
static void end_input(struct session *s) {
  if (s->input_ended) return;
  s->input_ended = 1;
  if (s->tty) { if (write(s->in, "\004", 1) < 0) return; }
  else if (s->in >= 0) { close(s->in); s->in = -1; }
}

/* Takes what it can out of the buffer; what cannot be written to the process yet stays. */
static int take_frames(struct session *s) {
  size_t at = 0;
  for (;;) {
    if (s->frame_left > 0 && s->frame_kind == INPUT) {
      size_t part = s->in_have - at < s->frame_left ? s->in_have - at : s->frame_left;
      if (part == 0) break;
      ssize_t done = s->in < 0 || s->input_ended ? (ssize_t)part : write(s->in, s->inbuf + at, part);
      if (done < 0 && errno == EAGAIN) break;
      if (done < 0) { done = (ssize_t)part; if (!s->tty) { close(s->in); s->in = -1; } } /* nobody reads any more */
      at += (size_t)done; s->frame_left -= (uint32_t)done;
      continue;
    }
    if (s->frame_left > 0) {
      if (s->in_have - at < s->frame_left) { if (s->frame_left > sizeof s->inbuf) return -1; break; }
      unsigned char *payload = s->inbuf + at;
      if (s->frame_kind == RESIZE && s->frame_left >= 4 && s->tty) {
        struct winsize size = { .ws_col = (unsigned short)(payload[0] << 8 | payload[1]), .ws_row = (unsigned short)(payload[2] << 8 | payload[3]) };
        ioctl(s->in, TIOCSWINSZ, &size);
      } else if (s->frame_kind == SIGNAL && s->frame_left < 16) {
        char name[17] = { 0 };
        memcpy(name, payload, s->frame_left);
        send_signal(s, name);
      }
      at += s->frame_left; s->frame_left = 0;
      continue;
    }
    if (s->in_have - at < 5) break;
    s->frame_kind = s->inbuf[at];
    s->frame_left = get_u32(s->inbuf + at + 1);
    at += 5;
    if (s->frame_kind == END_OF_INPUT && s->frame_left == 0) end_input(s);
  }
  memmove(s->inbuf, s->inbuf + at, s->in_have - at);
  s->in_have -= at;
  return 0;
}

static int flush_out(struct session *s) {
  while (s->out_done < s->out_have) {
    ssize_t done = send(s->socket, s->outbuf + s->out_done, s->out_have - s->out_done, MSG_NOSIGNAL);
    if (done < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (done <= 0) return -1;
    s->out_done += (size_t)done;
  }
  s->out_have = s->out_done = 0;
  return 0;
}
/* Closes a stream that ended. A terminal whose last process left answers EIO. */
static int read_output(struct session *s, int *fd, int kind) {
  ssize_t got = read(*fd, s->outbuf + 5, CHUNK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got <= 0) { if (!s->tty) close(*fd); *fd = -1; return 0; }
  s->outbuf[0] = (unsigned char)kind;
  put_u32(s->outbuf + 1, (uint32_t)got);
  s->out_have = (size_t)got + 5; s->out_done = 0;
  return flush_out(s);
}
static void send_exit(struct session *s) {
  unsigned char frame[5 + 4 + 16] = { EXIT };
  const char *name = "";
  int32_t code = WIFEXITED(s->status) ? WEXITSTATUS(s->status) : -1;
  char unnamed[16];
  if (WIFSIGNALED(s->status)) {
    snprintf(unnamed, sizeof unnamed, "SIG%d", WTERMSIG(s->status));
    name = unnamed;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) if (names[i].number == WTERMSIG(s->status)) name = names[i].name;
  }
  put_u32(frame + 1, (uint32_t)(4 + strlen(name)));
  put_u32(frame + 5, (uint32_t)code);
  memcpy(frame + 9, name, strlen(name));
  write_all(s->socket, (char *)frame, 9 + strlen(name));
  shutdown(s->socket, SHUT_WR);
  /* Until the other side closes: data that it still sends must not reset what we sent. */
  struct pollfd p = { s->socket, POLLIN, 0 };
  char scrap[4096];
  while (poll(&p, 1, 5000) > 0 && read(s->socket, scrap, sizeof scrap) > 0) continue;
}

static void serve(struct session *s, int signals) {
  for (;;) {
    if (s->exited && s->out_have == 0) {
      int more = 0;
      if (s->tty && s->out >= 0) { struct pollfd p = { s->out, POLLIN, 0 }; more = poll(&p, 1, 0) > 0 && (p.revents & POLLIN); }
      if (!more && (s->tty || (s->out < 0 && s->err < 0))) break;
    }
    int blocked = s->in_have > 0 && s->frame_left > 0 && s->frame_kind == INPUT; /* the process does not read */
    struct pollfd p[5] = {
      { signals, POLLIN, 0 },
      { s->socket, (short)((blocked ? 0 : POLLIN) | (s->out_have > 0 ? POLLOUT : 0) | POLLRDHUP), 0 },
      { blocked ? s->in : -1, POLLOUT, 0 },
      { s->out_have == 0 ? s->out : -1, POLLIN, 0 },
      { s->out_have == 0 ? s->err : -1, POLLIN, 0 },
    };
    if (poll(p, 5, -1) < 0 && errno != EINTR) return;
    if (p[0].revents) {
      struct signalfd_siginfo info;
      while (read(signals, &info, sizeof info) > 0) continue;
      int status;
      pid_t pid;
      while ((pid = waitpid(-1, &status, WNOHANG)) > 0) if (pid == s->leader) { s->exited = 1; s->status = status; }
    }
    if (p[1].revents & (POLLERR | POLLHUP | POLLNVAL)) break;
    if (p[1].revents & POLLOUT && flush_out(s) < 0) break;
    if (p[1].revents & POLLIN) {
      ssize_t got = read(s->socket, s->inbuf + s->in_have, sizeof s->inbuf - s->in_have);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) break; /* the gateway keeps its half open while it is there */
      if (got > 0) s->in_have += (size_t)got;
      if (take_frames(s) < 0) break;
    } else if (p[1].revents & POLLRDHUP && blocked) break;
    if (p[2].revents && take_frames(s) < 0) break;
    if (p[3].revents && s->out_have == 0 && read_output(s, &s->out, OUTPUT) < 0) break;
    if (p[4].revents && s->err >= 0 && s->out_have == 0 && read_output(s, &s->err, ERROR_OUTPUT) < 0) break;
  }
  if (s->exited) send_exit(s);
  else { /* hung up: as a terminal that is closed */
    kill(-s->leader, SIGHUP);
    kill(-s->leader, SIGCONT);
  }
}

static int open_terminal(int *slave, const char *cols, const char *rows) {
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0;
  unsigned int number;
  char name[32];
  if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0) return -1;
  snprintf(name, sizeof name, "/dev/pts/%u", number);
  *slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*slave < 0) return -1;
  struct winsize size = { .ws_col = (unsigned short)atoi(cols), .ws_row = (unsigned short)atoi(rows) };
  struct termios modes;
  ioctl(master, TIOCSWINSZ, &size);
  if (tcgetattr(*slave, &modes) == 0) { modes.c_iflag |= IUTF8; tcsetattr(*slave, TCSANOW, &modes); }
  return master;
}

static void session_process(int socket, char **fields, int count) {
  static struct session s;
  int slave = -1, in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
  const char *kind = fields[1], *text = fields[2], *term = fields[3];
  s.socket = socket; s.tty = term[0] != 0; s.err = -1;
  sigset_t mask;
  sigemptyset(&mask); sigaddset(&mask, SIGCHLD);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  signal(SIGCHLD, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
  int signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  read_user();
  if (s.tty) { if ((s.in = s.out = open_terminal(&slave, fields[4], fields[5])) < 0) _exit(1); }
  else {
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) _exit(1);
    fcntl(in[1], F_SETPIPE_SZ, 256 * 1024); fcntl(out[0], F_SETPIPE_SZ, 256 * 1024);
    s.in = in[1]; s.out = out[0]; s.err = err[0];
  }
  s.leader = fork();
  if (s.leader < 0) _exit(1);
  if (s.leader == 0) {
    setsid();
    if (s.tty) ioctl(slave, TIOCSCTTY, 0);
    dup2(s.tty ? slave : in[0], 0); dup2(s.tty ? slave : out[1], 1); dup2(s.tty ? slave : err[1], 2);
    signal(SIGPIPE, SIG_DFL); signal(SIGHUP, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &mask, NULL);
    if (s.tty) { char name[64]; if (ttyname_r(0, name, sizeof name) == 0) setenv("SSH_TTY", name, 1); }
    prepare_environment(fields, 6, count, term);
    run(kind, text);
  }
  if (s.tty) close(slave);
  else { close(in[0]); close(out[1]); close(err[1]); set_nonblocking(s.in); set_nonblocking(s.err); }
  set_nonblocking(s.out); set_nonblocking(socket);
  if (write_all(socket, "\001", 1) == 0) serve(&s, signals);
  else kill(-s.leader, SIGHUP);
  _exit(0);
}

/* ---- a connection with a port of our own ---- */

static int dial(int port) {
  struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&v4, sizeof v4) == 0) return fd;
  close(fd);
  fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&v6, sizeof v6) == 0) return fd;
  close(fd);
  return -1;
}
static void dial_process(int socket, const char *port) {
  static char buffers[2][CHUNK];
  signal(SIGPIPE, SIG_IGN);
  int other = dial(atoi(port)), on = 1;
  if (other < 0) { write_all(socket, "\000", 1); _exit(0); }
  setsockopt(other, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (write_all(socket, "\001", 1) < 0) _exit(0);
  int fds[2] = { socket, other };
  size_t have[2] = { 0, 0 }, done[2] = { 0, 0 };
  int ended[2] = { 0, 0 };
  set_nonblocking(socket); set_nonblocking(other);
  while (!(ended[0] && ended[1] && have[0] == 0 && have[1] == 0)) {
    struct pollfd p[2];
    for (int i = 0; i < 2; i++) {
      p[i].fd = fds[i]; p[i].revents = 0;
      p[i].events = (short)((!ended[i] && have[i] == 0 ? POLLIN : 0) | (have[1 - i] > 0 ? POLLOUT : 0));
    }
    if (poll(p, 2, -1) < 0 && errno != EINTR) break;
    for (int i = 0; i < 2; i++) {
      if (p[i].revents & (POLLERR | POLLNVAL)) _exit(0);
      if (p[i].revents & (POLLIN | POLLHUP) && !ended[i] && have[i] == 0) {
        ssize_t got = read(fds[i], buffers[i], CHUNK);
        if (got > 0) { have[i] = (size_t)got; done[i] = 0; }
        else if (got == 0) { ended[i] = 1; shutdown(fds[1 - i], SHUT_WR); }
        else if (errno != EAGAIN && errno != EINTR) _exit(0);
      }
      if (have[i] > 0) {
        ssize_t sent = send(fds[1 - i], buffers[i] + done[i], have[i] - done[i], MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) _exit(0);
        if (sent > 0) done[i] += (size_t)sent;
        if (done[i] == have[i]) have[i] = 0;
      }
    }
  }
  _exit(0);
}

/* ---- the door ---- */

static void start(int socket, struct ticket *ticket, int listener) {
  char *request = ticket->request, *fields[FIELDS];
  uint32_t length = ticket->length;
  int count = 0, on = 1;
  ticket->request = NULL;
  for (uint32_t at = 0; at < length && count < FIELDS; at += (uint32_t)strlen(request + at) + 1) fields[count++] = request + at;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) & ~O_NONBLOCK);
  if (fork() == 0) {
    close(listener);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nowhere, 0); dup2(nowhere, 1); dup2(nowhere, 2);
    if (count >= 6 && strcmp(fields[1], "dial") != 0) session_process(socket, fields, count);
    if (count >= 3 && strcmp(fields[1], "dial") == 0) dial_process(socket, fields[2]);
    _exit(1);
  }
  free(request);
}
static int same(const char *a, const char *b) { /* in the same time wherever they differ */
  unsigned char differ = 0;
  for (int i = 0; i < TICKET_LENGTH; i++) differ |= (unsigned char)(a[i] ^ b[i]);
  return differ == 0;
}
static void knock(struct knock *k, int listener) {
  ssize_t got = read(k->fd, k->text + k->have, TICKET_LENGTH + 1 - k->have);
  if (got < 0 && errno == EAGAIN) return;
  if (got > 0) k->have += (size_t)got;
  if (got > 0 && k->have < TICKET_LENGTH + 1) return;
  if (got > 0 && k->text[TICKET_LENGTH] == '\n')
    for (int i = 0; i < TICKETS; i++)
      if (tickets[i].request && tickets[i].until >= now() && same(tickets[i].request, k->text)) { start(k->fd, &tickets[i], listener); break; }
  close(k->fd);
  k->fd = -1;
}
/* 0 when the agent is gone. */
static int expect(void) {
  static unsigned char buffer[REQUEST_MAX + 4];
  static size_t have = 0;
  ssize_t got = read(0, buffer + have, sizeof buffer - have);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 1;
  if (got <= 0) return 0;
  have += (size_t)got;
  while (have >= 4) {
    uint32_t length = get_u32(buffer);
    if (length > REQUEST_MAX || length < TICKET_LENGTH + 2) return 0;
    if (have < 4 + (size_t)length) break;
    int place = 0;
    for (int i = 0; i < TICKETS; i++) {
      if (!tickets[i].request || tickets[i].until < now()) { place = i; break; }
      if (tickets[i].until < tickets[place].until) place = i;
    }
    free(tickets[place].request);
    char *copy = malloc(length + 1);
    if (!copy) return 0;
    memcpy(copy, buffer + 4, length);
    copy[length] = 0;
    tickets[place] = (struct ticket){ copy, length, now() + TICKET_SECONDS };
    memmove(buffer, buffer + 4 + length, have - 4 - length);
    have -= 4 + length;
    if (write_all(1, "ok\n", 3) < 0) return 0;
  }
  return 1;
}

int main(int argc, char **argv) {
  struct sockaddr_in here = { .sin_family = AF_INET }, allowed = { .sin_family = AF_INET };
  socklen_t size = sizeof here;
  if (argc != 3 || inet_pton(AF_INET, argv[1], &here.sin_addr) != 1 || inet_pton(AF_INET, argv[2], &allowed.sin_addr) != 1) return 2;
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_IGN); /* sessions are reaped by the kernel */
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&here, sizeof here) < 0 || listen(listener, 64) < 0) return 1;
  getsockname(listener, (struct sockaddr *)&here, &size);
  if (dprintf(1, "port %d\n", ntohs(here.sin_port)) < 0) return 1;
  for (int i = 0; i < KNOCKING; i++) knocks[i].fd = -1;
  for (;;) {
    struct pollfd p[KNOCKING + 2] = { { 0, POLLIN, 0 }, { listener, POLLIN, 0 } };
    for (int i = 0; i < KNOCKING; i++) p[i + 2] = (struct pollfd){ knocks[i].fd, POLLIN, 0 };
    int ready = poll(p, KNOCKING + 2, 1000);
    if (ready < 0 && errno != EINTR) return 1;
    if (p[0].revents && !expect()) return 0; /* sessions go on by themselves */
    for (int i = 0; i < KNOCKING; i++) {
      if (knocks[i].fd < 0) continue;
      if (p[i + 2].revents) knock(&knocks[i], listener);
      else if (knocks[i].until < now()) { close(knocks[i].fd); knocks[i].fd = -1; }
    }
    if (!p[1].revents) continue;
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    int fd = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) continue;
    int place = -1;
    for (int i = 0; i < KNOCKING && place < 0; i++) if (knocks[i].fd < 0) place = i;
    if (place < 0 || peer.sin_addr.s_addr != allowed.sin_addr.s_addr) { close(fd); continue; }
    knocks[place] = (struct knock){ .fd = fd, .until = now() + KNOCK_SECONDS };
  }
}
