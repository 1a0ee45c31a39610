// Runs the built program as a user would: words in, exit code and text out.
#pragma once

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace tickweir::testing {

struct Outcome {
  int exit_code = -1;  // 128 + number when a signal ended it
  std::string out;
  std::string err;
};

struct Circumstances {
  int pending_signal = 0;    // waits, blocked, from before the program's first instruction
  bool is_terminal = false;  // stderr is one
};

// A program that runs. Killed when it lives longer than the patience of any one call, so that a test fails
// instead of hanging.
class Program {
 public:
  explicit Program(std::vector<std::string> words, Circumstances circumstances = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Reads until `text` stands in what it wrote to stderr. False: it ended, or took too long.
  [[nodiscard]] bool wait_for_stderr(const std::string& text);
  [[nodiscard]] const std::string& err() const { return err_; }
  void send(int signal) const;
  [[nodiscard]] pid_t process() const { return child_; }
  // Reads everything and waits for the end.
  [[nodiscard]] Outcome finish();

 private:
  // Reads what is there. False: both ends are closed, or patience has run out.
  bool read_some();

  pid_t child_ = -1;
  int out_pipe_ = -1;
  int err_pipe_ = -1;
  std::string out_;
  std::string err_;
  bool is_finished_ = false;
};

// With the folders of the shipped plugins and of the plugins of this test on the plugin path.
[[nodiscard]] Outcome run_program(const std::vector<std::string>& words);
[[nodiscard]] std::vector<std::string> with_plugins(std::vector<std::string> words);
[[nodiscard]] std::string test_pipeline(const std::string& name);

}  // namespace tickweir::testing
