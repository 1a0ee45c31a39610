// An option's own default breaks its range.
#include <array>

#include "sound.h"

namespace {

constexpr std::array options{tickweir::Option{.type = tickweir::integer,
                                              .name = "depth",
                                              .default_text = "0",
                                              .minimum = "1",
                                              .maximum = "9",
                                              .help = "How deep."}};

}  // namespace

TICKWEIR_PLUGIN("default_out_of_range", tickweir::museum::Sound,
                {.version = "1.0.0", .summary = "Has a bad default.", .accepts = "*", .options = options})
