// What `tickweir wal` can do, one file each: wal_*.cpp.
//
// Threading: main thread. Errors: as the subcommands of command.h.
#pragma once

#include "cli/command.h"

namespace tickweir {

int torture_command(const Arguments& arguments);
int wal_ls_command(const Arguments& arguments);
int wal_verify_command(const Arguments& arguments);
int wal_cat_command(const Arguments& arguments);
int wal_repair_command(const Arguments& arguments);
int wal_copy_command(const Arguments& arguments);

}  // namespace tickweir
