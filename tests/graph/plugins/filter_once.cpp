// A filter that says of an event that it repeats another. It is looked at, never run.
#include <array>

#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array reasons{
    Reason{.flags = TICKWEIR_REASON_REPEAT, .name = "twice", .help = "It was here before."},
    Reason{.name = "too_old", .help = "It may have been here before."}};

class Once final : public Filter {
 public:
  explicit Once(const Context&) {}
  void apply(Batch&) {}
};

}  // namespace

TICKWEIR_PLUGIN(
    "filter_once", Once,
    {.version = "1.0.0", .summary = "A filter of repeats for tests.", .accepts = "*", .reasons = reasons})
