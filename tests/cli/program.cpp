// Starts the program over pipes, and reads both of its outputs at once.
#include "tests/cli/program.h"

#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tickweir::testing {
namespace {

constexpr int patience_ms = 60'000;

// In the child: nothing that allocates.
[[noreturn]] void become_program(char* const* words, int out, int err, int pending_signal) {
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  sigset_t set;
  sigemptyset(&set);
  ::sigprocmask(SIG_SETMASK, &set, nullptr);
  if (pending_signal != 0) {
    sigaddset(&set, pending_signal);
    ::sigprocmask(SIG_SETMASK, &set, nullptr);
    ::raise(pending_signal);
  }
  ::execv(words[0], words);
  ::_exit(127);
}

}  // namespace

Program::Program(std::vector<std::string> words, Circumstances circumstances) {
  words.insert(words.begin(), TICKWEIR_PROGRAM);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0) return;
  if (circumstances.is_terminal) {
    ::setenv("TERM", "xterm", 1);
    if (::openpty(&err[0], &err[1], nullptr, nullptr, nullptr) != 0) return;
    ::fcntl(err[0], F_SETFD, FD_CLOEXEC);
  } else if (::pipe2(err, O_CLOEXEC) != 0) {
    return;
  }
  child_ = ::fork();
  if (child_ == 0) become_program(pointers.data(), out[1], err[1], circumstances.pending_signal);
  ::close(out[1]);
  ::close(err[1]);
  out_pipe_ = out[0];
  err_pipe_ = err[0];
}

Program::~Program() {
  if (!is_finished_ && child_ > 0) {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  if (out_pipe_ >= 0) ::close(out_pipe_);
  if (err_pipe_ >= 0) ::close(err_pipe_);
}

bool Program::read_some() {
  pollfd ends[2] = {{.fd = out_pipe_, .events = POLLIN, .revents = 0},
                    {.fd = err_pipe_, .events = POLLIN, .revents = 0}};
  if (out_pipe_ < 0 && err_pipe_ < 0) return false;
  if (::poll(ends, 2, patience_ms) <= 0) {
    ::kill(child_, SIGKILL);
    return false;
  }
  for (pollfd& end : ends) {
    if (end.revents == 0) continue;
    char buffer[65536];
    const auto count = ::read(end.fd, buffer, sizeof buffer);
    int& pipe = end.fd == out_pipe_ ? out_pipe_ : err_pipe_;
    if (count > 0) {
      (&pipe == &out_pipe_ ? out_ : err_).append(buffer, static_cast<std::size_t>(count));
    } else {
      ::close(pipe);
      pipe = -1;
    }
  }
  return true;
}

bool Program::wait_for_stderr(const std::string& text) {
  while (err_.find(text) == std::string::npos) {
    if (!read_some()) return false;
  }
  return true;
}

void Program::send(int signal) const {
  ::kill(child_, signal);
}

Outcome Program::finish() {
  while (read_some()) {
  }
  int status = 0;
  ::waitpid(child_, &status, 0);
  is_finished_ = true;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out_, err_};
}

std::vector<std::string> with_plugins(std::vector<std::string> words) {
  words.insert(words.end(),
               {"--plugin-path", TICKWEIR_PLUGIN_DIR, "--plugin-path", TICKWEIR_CLI_TEST_PLUGINS});
  return words;
}

Outcome run_program(const std::vector<std::string>& words) {
  return Program(with_plugins(words)).finish();
}

std::string test_pipeline(const std::string& name) {
  return TICKWEIR_SOURCE_DIR "/tests/cli/pipelines/" + name + ".yaml";
}

}  // namespace tickweir::testing
