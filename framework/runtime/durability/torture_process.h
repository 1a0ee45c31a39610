// Runs a piece of work in a process of its own and brings back how it ended.
//
// Threading: one thread; forks. Errors: what the work throws is its text; so is a crash or a hang.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "runtime/durability/torture.h"

namespace tickweir::torture {

// Thrown by work that cannot be done with this back end.
class Skipped : public std::runtime_error {
  using runtime_error::runtime_error;
};

struct Ending {
  Mark mark = Mark::failed;
  std::string text;
};

// `work` returns what is to be said about its success; it fails if it takes longer than so many seconds.
[[nodiscard]] Ending in_own_process(std::uint32_t seconds, const std::function<std::string()>& work);

// Forks; the child runs `work` with the end of a pipe to write to, and never returns. Killed after
// `lifetime_us`; returns everything it wrote. Throws if the child ended by itself with an error.
[[nodiscard]] std::string killed_after(std::uint64_t lifetime_us, const std::function<void(int pipe)>& work);
// Forks; the child runs `work`, which kills it. Throws if the child ended otherwise.
void killed_by_itself(const std::function<void()>& work);

}  // namespace tickweir::torture
