// tcp_durable: orders received over TCP, made durable, acknowledged; the load is another process.
//
//   source_tcp -> log -> sink_null, on one core; the log's own threads and the load on the other
//
// The log's files lie there before the first event, as the baseline's does.
//
// Baseline of the throughput: the bare steps by hand, one thread that receives into one of two buffers of 1
// MiB, one that writes and syncs the other, the same bytes from another process that only sends. It has no
// session, no checks, no numbers, no answers. Baseline of the answer at 100,000 events/s: one fdatasync of 4
// KiB.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "bench.h"
#include "served.h"

namespace tickweir::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t event_bytes = 64;
constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

Answers served(const Settings& settings, const Load& load) {
  const std::string folder = settings.folder + "/tcp_durable";
  fs::remove_all(folder);
  fs::create_directories(folder);
  const std::uint16_t port = free_port();
  const std::string segments = settings.is_smoke ? ", segment_bytes: 1MiB" : ", prepare: 384MiB";
  Pipeline pipeline(
      "threads: { core: { wait: block } }\nbatch: { max_events: 1024, max_bytes: 64KiB }\nstages:\n"
      "  orders: { plugin: source_tcp, thread: core, config: { listen: \"127.0.0.1:" +
      std::to_string(port) +
      "\", accept: [256] } }\n"
      "  log: { plugin: wal_segment, thread: core, inputs: [orders], "
      "durability: { max_events: 32768, io: pwrite }, config: { path: \"" +
      folder + "/log\"" + segments +
      " } }\n"
      "  sink: { plugin: sink_null, thread: core, inputs: [log] }\n");
  const Answers answers = serve(pipeline, "log", port, load);
  fs::remove_all(folder);
  return answers;
}

// Sends so many zero bytes to the port and ends. In a child: system calls only.
[[noreturn]] void send_and_exit(std::uint16_t port, std::uint64_t bytes) {
  static std::array<char, 256 * 1024> zeros;
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  if (::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) ::_exit(1);
  while (bytes > 0) {
    const ssize_t sent = ::send(socket, zeros.data(), std::min<std::uint64_t>(bytes, zeros.size()), 0);
    if (sent <= 0) ::_exit(1);
    bytes -= static_cast<std::uint64_t>(sent);
  }
  ::_exit(0);
}

// Two buffers between the thread that receives and the one that writes.
class Staging {
 public:
  std::vector<char>& filling() { return buffers_[filling_]; }
  // Gives what was filled to the writer, once it has done with the other one.
  void give(bool is_last) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !is_full_; });
    filling_ = 1 - filling_;
    is_full_ = true;
    is_last_ = is_last;
    changed_.notify_all();
  }
  void write_all(int file) {
    for (off_t offset = 0; !is_done_;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_full_; });
      std::vector<char>& full = buffers_[1 - filling_];
      is_done_ = is_last_;
      lock.unlock();
      check(::pwrite(file, full.data(), full.size(), offset) == static_cast<ssize_t>(full.size()),
            "it writes");
      check(::fdatasync(file) == 0, "it syncs");
      offset += static_cast<off_t>(full.size());
      full.clear();
      lock.lock();
      is_full_ = false;
      changed_.notify_all();
    }
  }

 private:
  std::vector<char> buffers_[2];
  int filling_ = 0;
  bool is_full_ = false;
  bool is_last_ = false;
  bool is_done_ = false;  // the writer's
  std::mutex mutex_;
  std::condition_variable changed_;
};

double bare_events_per_second(const Settings& settings, std::uint64_t events) {
  const std::string path = settings.folder + "/tcp_bare";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  check(file >= 0, "the baseline's file can be made");
  const std::vector<char> zeros(buffer_bytes);  // it lies there already, as a log's segment does
  for (std::uint64_t made = 0; made < events * event_bytes; made += zeros.size()) {
    check(::write(file, zeros.data(), zeros.size()) == static_cast<ssize_t>(zeros.size()), "there is room");
  }
  check(::fsync(file) == 0, "the file can be synced");
  const std::uint16_t port = free_port();
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  check(::bind(listener, reinterpret_cast<sockaddr*>(&here), sizeof here) == 0 && ::listen(listener, 1) == 0,
        "it listens");
  const std::uint64_t bytes = events * event_bytes;
  const pid_t sender = ::fork();
  if (sender == 0) send_and_exit(port, bytes);
  const int socket = ::accept(listener, nullptr, nullptr);
  check(socket >= 0, "the sender comes");
  const std::uint64_t begin = now_ns();
  Staging staging;
  std::thread writer([&] { staging.write_all(file); });
  for (std::uint64_t left = bytes; left > 0;) {
    std::vector<char>& room = staging.filling();
    room.resize(buffer_bytes);
    const ssize_t got = ::recv(socket, room.data(), std::min<std::uint64_t>(left, room.size()), 0);
    check(got > 0, "it receives");
    room.resize(static_cast<std::size_t>(got));
    left -= static_cast<std::uint64_t>(got);
    staging.give(left == 0);
  }
  writer.join();
  const std::uint64_t elapsed = now_ns() - begin;
  int status = 0;
  check(::waitpid(sender, &status, 0) == sender && status == 0, "the sender ends well");
  ::close(socket);
  ::close(listener);
  ::close(file);
  fs::remove(path);
  return static_cast<double>(events) * 1e9 / static_cast<double>(elapsed);
}

}  // namespace

std::vector<Row> tcp_durable(const Settings& settings) {
  const std::uint64_t events = settings.is_smoke ? 20'000 : 4'000'000;
  const Pairs pairs = run_pairs(
      settings, false, [&] { return served(settings, {.events = events}).events_per_second; },
      [&] { return bare_events_per_second(settings, events); });
  const double sync_before_us = sync_latency_us(settings.folder);
  const Answers paced =
      served(settings, {.events = settings.is_smoke ? 2'000U : 300'000U, .rate = 100'000, .connections = 1});
  const double sync_us = (sync_before_us + sync_latency_us(settings.folder)) / 2;
  return {{.name = "tcp_durable",
           .unit = "M events/s",
           .ours = median(pairs.ours) * 1e-6,
           .baseline = median(pairs.baseline) * 1e-6,
           .figure = pairs.ratio(),
           .figure_text = "ratio",
           .target = "at least 0.7",
           .is_reached = pairs.ratio() >= 0.7,
           .state = pairs.state,
           .note = "4 connections from another process, every event durable before its acknowledgement"},
          {.name = "tcp_durable: answer at 100,000/s",
           .unit = "us",
           .ours = paced.p50_us,
           .baseline = sync_us,
           .figure = paced.p50_us / sync_us,
           .figure_text = "p50 ratio",
           .target = "at most 2",
           .is_reached = paced.p50_us <= 2 * sync_us,
           .state = "-",
           .note = "p99 " + std::to_string(static_cast<int>(paced.p99_us)) + " us"}};
}

}  // namespace tickweir::bench
