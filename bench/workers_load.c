/*
 * The load of bench/workers.ts: N connections that replay HTTP/2 frames which were encoded before, so that a message
 * costs next to nothing here. One thread, epoll, plain TCP to 127.0.0.1.
 *
 *   cc -O2 -o workers_load bench/workers_load.c
 *   workers_load PORT stream|unary CONNECTIONS WARM_UP_MS DURATION_MS FRAMES_FILE
 *
 * FRAMES_FILE: three parts, each a length of 32 bits (big endian) and so many octets:
 *   opening  the preface, SETTINGS and a WINDOW_UPDATE of the connection, which never needs another one
 *   head     HEADERS of stream 1 (mode stream: sent once; mode unary: of every call, with its own stream id)
 *   batch    one DATA frame of stream 1 (mode stream: sent for ever, as far as the windows allow; unary: ends the call)
 *
 * Prints the answers counted in DURATION_MS, that time in ms and its own CPU time within it in ms.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_HEAD = 9, PREFIX = 5, READ_OCTETS = 262144, OUT_OCTETS = 65536, CALLS_IN_FLIGHT = 8 };
enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8 };

struct part { uint8_t *octets; uint32_t length; };

struct connection {
  int fd;
  uint8_t out[OUT_OCTETS];
  uint32_t out_length, out_at;
  /* What the server lets us send. */
  int64_t window, stream_window;
  uint32_t next_stream, in_flight;
  /* The frame that is being read: its header, then what is left of its payload. */
  uint8_t head[FRAME_HEAD];
  uint32_t head_length, left, payload_at;
  /* The start of a control frame's payload. */
  uint8_t payload[64];
  /* The answer that is being read (mode stream). */
  uint8_t prefix[PREFIX];
  uint32_t prefix_length, message_left;
};

static struct part opening, head, batch;
static int is_stream;
static uint64_t answers;
static int64_t initial_window = 65535;

static void fail(const char *what) {
  fprintf(stderr, "workers_load: %s: %s\n", what, errno ? strerror(errno) : "unexpected");
  exit(1);
}

static uint32_t read32(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void write32(uint8_t *at, uint32_t value) {
  at[0] = value >> 24, at[1] = value >> 16, at[2] = value >> 8, at[3] = value;
}

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static double cpu_ms(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static struct part read_part(FILE *file) {
  uint8_t length[4];
  if (fread(length, 1, 4, file) != 4) fail("cannot read the frames");
  struct part part = {.length = read32(length)};
  part.octets = malloc(part.length);
  if (fread(part.octets, 1, part.length, file) != part.length) fail("cannot read the frames");
  return part;
}

static void queue(struct connection *to, const uint8_t *octets, uint32_t length) {
  if (to->out_length + length > OUT_OCTETS) fail("too much to send");
  memcpy(to->out + to->out_length, octets, length);
  to->out_length += length;
}

/* Writes what is queued; false when the socket takes no more. */
static int flush(struct connection *to) {
  while (to->out_at < to->out_length) {
    ssize_t wrote = write(to->fd, to->out + to->out_at, to->out_length - to->out_at);
    if (wrote < 0 && errno == EAGAIN) return 0;
    if (wrote < 0) fail("write");
    to->out_at += wrote;
  }
  to->out_at = to->out_length = 0;
  return 1;
}

static void start_call(struct connection *to) {
  uint32_t at = to->out_length;
  queue(to, head.octets, head.length);
  queue(to, batch.octets, batch.length);
  write32(to->out + at + 5, to->next_stream);
  write32(to->out + at + head.length + 5, to->next_stream);
  to->window -= batch.length - FRAME_HEAD;
  to->next_stream += 2;
  to->in_flight++;
}

/* Sends as much as the windows and the socket take. */
static void send_more(struct connection *to) {
  int64_t need = batch.length - FRAME_HEAD;
  while (flush(to)) {
    if (is_stream) {
      if (to->window < need || to->stream_window < need) return;
      queue(to, batch.octets, batch.length);
      to->window -= need;
      to->stream_window -= need;
    } else {
      if (to->in_flight == CALLS_IN_FLIGHT || to->window < need) return;
      while (to->in_flight < CALLS_IN_FLIGHT && to->window >= need) start_call(to);
    }
  }
}

static void count_messages(struct connection *from, const uint8_t *octets, uint32_t length) {
  while (length > 0) {
    if (from->message_left == 0 && from->prefix_length < PREFIX) {
      from->prefix[from->prefix_length++] = *octets++;
      length--;
      if (from->prefix_length < PREFIX) continue;
      from->message_left = read32(from->prefix + 1);
      answers++;
      if (from->message_left == 0) from->prefix_length = 0;
      continue;
    }
    uint32_t step = length < from->message_left ? length : from->message_left;
    octets += step, length -= step, from->message_left -= step;
    if (from->message_left == 0) from->prefix_length = 0;
  }
}

/* A frame is complete; `payload` has its first octets unless it is DATA or HEADERS. */
static void end_frame(struct connection *from) {
  uint8_t type = from->head[3], flags = from->head[4];
  uint32_t stream = read32(from->head + 5) & 0x7fffffff;
  if ((type == DATA || type == HEADERS) && (flags & 1)) {
    if (is_stream) errno = 0, fail("the server ended a stream");
    from->in_flight--, answers++;
  } else if (type == WINDOW_UPDATE) {
    uint32_t credit = read32(from->payload) & 0x7fffffff;
    if (stream == 0) from->window += credit;
    else from->stream_window += credit;
  } else if (type == SETTINGS && !(flags & 1)) {
    for (uint32_t at = 0; at + 6 <= from->payload_at; at += 6) {
      if (from->payload[at] != 0 || from->payload[at + 1] != 4) continue;
      int64_t value = read32(from->payload + at + 2);
      from->stream_window += value - initial_window;
    }
    queue(from, (const uint8_t[]){0, 0, 0, SETTINGS, 1, 0, 0, 0, 0}, FRAME_HEAD);
  } else if (type == PING && !(flags & 1)) {
    queue(from, (const uint8_t[]){0, 0, 8, PING, 1, 0, 0, 0, 0}, FRAME_HEAD);
    queue(from, from->payload, 8);
  } else if (type == GOAWAY || type == RST_STREAM) {
    errno = 0, fail(type == GOAWAY ? "GOAWAY" : "RST_STREAM");
  }
}

static void take(struct connection *from, const uint8_t *octets, uint32_t length) {
  while (length > 0) {
    if (from->head_length < FRAME_HEAD) {
      from->head[from->head_length++] = *octets++;
      length--;
      if (from->head_length < FRAME_HEAD) continue;
      from->left = (uint32_t)from->head[0] << 16 | from->head[1] << 8 | from->head[2];
      from->payload_at = 0;
    } else {
      uint32_t step = length < from->left ? length : from->left;
      if (from->head[3] == DATA) {
        if (is_stream) count_messages(from, octets, step);
      } else if (from->head[3] != HEADERS && from->payload_at + step <= sizeof from->payload) {
        memcpy(from->payload + from->payload_at, octets, step);
        from->payload_at += step;
      }
      octets += step, length -= step, from->left -= step;
    }
    if (from->left == 0) {
      end_frame(from);
      from->head_length = 0;
    }
  }
}

static void open_connection(struct connection *to, int port, int epoll) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(to->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
  setsockopt(to->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  fcntl(to->fd, F_SETFL, O_NONBLOCK);
  to->window = to->stream_window = initial_window;
  to->next_stream = 1;
  queue(to, opening.octets, opening.length);
  if (is_stream) queue(to, head.octets, head.length);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = to};
  epoll_ctl(epoll, EPOLL_CTL_ADD, to->fd, &event);
  send_more(to);
}

static void serve(struct connection *one, uint8_t *buffer) {
  for (;;) {
    ssize_t got = read(one->fd, buffer, READ_OCTETS);
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) fail("the server closed a connection");
    take(one, buffer, got);
    /* Edge-triggered, but a short read has emptied the socket. */
    if (got < READ_OCTETS) break;
  }
  send_more(one);
}

int main(int count, char **args) {
  if (count != 7) return fprintf(stderr, "see the head of workers_load.c\n"), 2;
  int port = atoi(args[1]), connections = atoi(args[3]);
  is_stream = strcmp(args[2], "stream") == 0;
  double warm_up_ms = atof(args[4]), duration_ms = atof(args[5]);
  FILE *file = fopen(args[6], "rb");
  if (!file) fail(args[6]);
  opening = read_part(file), head = read_part(file), batch = read_part(file);
  int epoll = epoll_create1(0);
  struct connection *all = calloc(connections, sizeof *all);
  uint8_t *buffer = malloc(READ_OCTETS);
  for (int at = 0; at < connections; at++) open_connection(&all[at], port, epoll);
  double start_ms = now_ms(), from_ms = 0, from_cpu_ms = 0;
  for (;;) {
    struct epoll_event events[64];
    int ready = epoll_wait(epoll, events, 64, 100);
    for (int at = 0; at < ready; at++) serve(events[at].data.ptr, buffer);
    double at_ms = now_ms();
    if (from_ms == 0 && at_ms - start_ms >= warm_up_ms) {
      from_ms = at_ms, from_cpu_ms = cpu_ms(), answers = 0;
      /* Whoever measures the server's CPU time begins here. */
      puts("begin"), fflush(stdout);
    }
    if (from_ms != 0 && at_ms - from_ms >= duration_ms) {
      printf("%llu %.1f %.1f\n", (unsigned long long)answers, at_ms - from_ms, cpu_ms() - from_cpu_ms);
      return 0;
    }
  }
}
