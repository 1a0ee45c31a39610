#include "cli/command.h"
namespace tickweir {
int new_plugin_command(const Arguments&) {
  return exit_failed;
}
}  // namespace tickweir
