// See torture_process.h.
#include "runtime/durability/torture_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace tickweir::torture {
namespace {

struct Pipe {
  Pipe() {
    if (::pipe(ends.data()) != 0)
      throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  void close(std::size_t end) {
    ::close(ends[end]);
    ends[end] = -1;
  }
  std::array<int, 2> ends{-1, -1};
};

void write_all(int pipe, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t done = ::write(pipe, text.data() + at, text.size() - at);
    if (done < 0 && errno != EINTR) return;
    if (done > 0) at += static_cast<std::size_t>(done);
  }
}

std::string read_all(int pipe) {
  std::string text;
  std::array<char, 4096> room;
  for (;;) {
    const ssize_t got = ::read(pipe, room.data(), room.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(room.data(), static_cast<std::size_t>(got));
  }
}

pid_t fork_or_throw() {
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "cannot fork");
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// The child's side: a letter for the mark, then the text.
[[noreturn]] void tell_and_exit(int pipe, const std::function<std::string()>& work) {
  std::string told;
  try {
    told = "p" + work();
  } catch (const Skipped& skipped) {
    told = "s" + std::string(skipped.what());
  } catch (const std::exception& failure) {
    told = "f" + std::string(failure.what());
  } catch (...) {
    told = "fthrew something that is not a std::exception";
  }
  write_all(pipe, told);
  ::_exit(0);
}

}  // namespace

Ending in_own_process(std::uint32_t seconds, const std::function<std::string()>& work) {
  Pipe pipe;
  const pid_t child = fork_or_throw();
  if (child == 0) {
    ::alarm(seconds);
    tell_and_exit(pipe.ends[1], work);
  }
  pipe.close(1);
  const std::string told = read_all(pipe.ends[0]);
  const int status = wait_for(child);
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    if (signal == SIGALRM) return {Mark::failed, "took more than " + std::to_string(seconds) + " s"};
    return {Mark::failed, "crashed: " + std::string(strsignal(signal))};
  }
  if (told.empty()) return {Mark::failed, "ended the process"};
  const Mark mark = told[0] == 'p' ? Mark::passed : told[0] == 's' ? Mark::skipped : Mark::failed;
  return {mark, told.substr(1)};
}

namespace {

// `kill`: ends the child, or lets it do that itself.
std::string killed(const std::function<void(int pipe)>& work, const std::function<void(pid_t)>& kill) {
  Pipe pipe;
  const pid_t child = fork_or_throw();
  if (child == 0) {
    try {
      work(pipe.ends[1]);
    } catch (const std::exception& failure) {
      std::fprintf(stderr, "%s\n", failure.what());
    }
    ::_exit(1);
  }
  pipe.close(1);
  kill(child);
  std::string told = read_all(pipe.ends[0]);
  const int status = wait_for(child);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
    throw std::runtime_error("the process that was to be killed ended by itself");
  }
  return told;
}

}  // namespace

std::string killed_after(std::uint64_t lifetime_us, const std::function<void(int pipe)>& work) {
  return killed(work, [lifetime_us](pid_t child) {
    ::usleep(static_cast<useconds_t>(lifetime_us));
    ::kill(child, SIGKILL);
  });
}

void killed_by_itself(const std::function<void()>& work) {
  static_cast<void>(killed([&work](int) { work(); }, [](pid_t) {}));
}

}  // namespace tickweir::torture
