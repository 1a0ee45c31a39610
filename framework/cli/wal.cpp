// tickweir wal: picks the action.
#include "cli/wal.h"

#include <map>

namespace tickweir {

int wal_command(const Arguments& arguments) {
  static const std::map<std::string, int (*)(const Arguments&)> actions{
      {"torture", torture_command}, {"ls", wal_ls_command},         {"verify", wal_verify_command},
      {"cat", wal_cat_command},     {"repair", wal_repair_command}, {"copy", wal_copy_command}};
  return actions.at(arguments.action)(arguments);
}

}  // namespace tickweir
