// SIGINT, SIGTERM and SIGHUP (the terminal is gone) as something to ask for, not something that interrupts.
//
// Threading: made on the main thread before any other thread, which then inherits the blocked signals;
//            take() on the main thread.
// Errors:    a process without file descriptors left throws.
#pragma once

namespace tickweir {

class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // The next signal that came, or 0. Does not wait.
  [[nodiscard]] int take();
  // "SIGINT", "SIGTERM" or "SIGHUP".
  [[nodiscard]] static const char* name(int signal);

 private:
  int descriptor_;
};

}  // namespace tickweir
