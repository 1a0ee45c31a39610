#include "cli/command.h"

#include <cstdio>

namespace tickweir {

void print_error(const std::string& text) {
  std::fprintf(stderr, "tickweir: error: %s\n", text.c_str());
}

}  // namespace tickweir
