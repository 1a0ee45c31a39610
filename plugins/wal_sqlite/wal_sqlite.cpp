// Stores a log in an SQLite database.
//
// Events:  whole, as groups with a checksum, one row a group. Order: that of the log.
// Memory:  two groups, and 64 MiB of SQLite's page cache at most. Cost: one COMMIT a sync.
#include <array>

#include "sqlite_store.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = text, .name = "path", .help = "The log's folder; made if it is not there."},
};

class SqliteLog final : public GroupedLog<sqlite::Store> {
 public:
  using GroupedLog::GroupedLog;
};

}  // namespace

TICKWEIR_PLUGIN("wal_sqlite", SqliteLog,
                {.version = "1.0.0",
                 .summary = "Stores a log in an SQLite database.",
                 .accepts = "*",
                 .options = options})
