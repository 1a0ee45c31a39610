// Signals through a signalfd: nothing runs inside a signal handler.
#include "cli/signals.h"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <sys/signalfd.h>
#include <unistd.h>

namespace tickweir {

Signals::Signals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaddset(&wanted, SIGHUP);  // which nohup asks to be deaf to
  ::pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  // A sink whose reader is gone gets an error to report, instead of ending the process.
  std::signal(SIGPIPE, SIG_IGN);
  // The same for a file that may grow no further.
  std::signal(SIGXFSZ, SIG_IGN);
  descriptor_ = ::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "cannot listen for signals");
}

Signals::~Signals() {
  ::close(descriptor_);
}

int Signals::take() {
  signalfd_siginfo info{};
  if (::read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return 0;
  return static_cast<int>(info.ssi_signo);
}

const char* Signals::name(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM";
}

}  // namespace tickweir
