/* What FastAGI costs when nobody thinks about it: one thread, epoll, no logic. It waits for the blank line that ends
 * the header, sends its commands one by one, each after the line that answers the one before, and closes.
 *   agi-bound PORT [COMMAND …]      on the loopback
 * It prints a line once it listens, and for each line on standard input what it has cost so far, in microseconds of
 * CPU. It ends when standard input does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_SESSIONS = 65536, MOST_COMMANDS = 16, COMMAND_BYTES = 512, READ_BYTES = 8192, EVENTS = 256 };

/* By file descriptor. `last` is the last byte read: the blank line may be cut in two. */
static struct { int sent; char last; } sessions[MOST_SESSIONS];
static char commands[MOST_COMMANDS][COMMAND_BYTES];
static size_t lengths[MOST_COMMANDS];
static int count;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int listen_on(int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) fail("socket");
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 1024) < 0) fail("listen");
  return fd;
}

static void watch(int poll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static void take_all(int poll, int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    if (fd >= MOST_SESSIONS) {
      close(fd);
      continue;
    }
    sessions[fd].sent = 0;
    sessions[fd].last = 0;
    watch(poll, fd);
  }
}

/* Whether what has come ends the header, or is a whole answer. */
static int is_turn(int fd, const char *bytes, ssize_t length) {
  char before = length > 1 ? bytes[length - 2] : sessions[fd].last;
  sessions[fd].last = bytes[length - 1];
  return bytes[length - 1] == '\n' && (sessions[fd].sent > 0 || before == '\n');
}

static void serve(int fd) {
  char bytes[READ_BYTES];
  ssize_t length = read(fd, bytes, sizeof bytes);
  if (length > 0 && !is_turn(fd, bytes, length)) return;
  int next = sessions[fd].sent++;
  if (length <= 0 || next >= count || write(fd, commands[next], lengths[next]) < 0) close(fd);
}

static void tell_cost(void) {
  char bytes[READ_BYTES];
  struct rusage cost;
  if (read(STDIN_FILENO, bytes, sizeof bytes) <= 0) exit(0);
  getrusage(RUSAGE_SELF, &cost);
  printf("%ld\n", (cost.ru_utime.tv_sec + cost.ru_stime.tv_sec) * 1000000L + cost.ru_utime.tv_usec + cost.ru_stime.tv_usec);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 2 + MOST_COMMANDS) {
    fprintf(stderr, "usage: agi-bound PORT [COMMAND …]\n");
    return 2;
  }
  for (; count < argc - 2; count++)
    lengths[count] = (size_t)snprintf(commands[count], COMMAND_BYTES, "%s\n", argv[count + 2]);
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_on(atoi(argv[1])), poll = epoll_create1(0);
  watch(poll, listener);
  watch(poll, STDIN_FILENO);
  puts("listens");
  fflush(stdout);
  for (struct epoll_event events[EVENTS];;) {
    int ready = epoll_wait(poll, events, EVENTS, -1);
    for (int nth = 0; nth < ready; nth++) {
      int fd = events[nth].data.fd;
      if (fd == STDIN_FILENO) tell_cost();
      else if (fd == listener) take_all(poll, listener);
      else serve(fd);
    }
  }
}
