// Stores a log in a RocksDB database.
//
// Events:  whole, as groups with a checksum, one value a group. Order: that of the log.
// Memory:  two groups, and eight memory tables of 32 MiB at most. Cost: one sync of RocksDB's log a sync.
#include <array>

#include "rocksdb_store.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = text, .name = "path", .help = "The log's folder; made if it is not there."},
};

class RocksLog final : public GroupedLog<rocks::Store> {
 public:
  using GroupedLog::GroupedLog;
};

}  // namespace

TICKWEIR_PLUGIN("wal_rocksdb", RocksLog,
                {.version = "1.0.0",
                 .summary = "Stores a log in a RocksDB database.",
                 .accepts = "*",
                 .options = options})
