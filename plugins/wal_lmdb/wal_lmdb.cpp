// Stores a log in an LMDB environment.
//
// Events:  whole, as groups with a checksum, one value a group. Order: that of the log.
// Memory:  two groups and the pages of one transaction; map_size of address space. Cost: one commit a sync.
#include <array>

#include "lmdb_store.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = text, .name = "path", .help = "The log's folder; made if it is not there."},
    Option{.type = size,
           .name = "map_size",
           .default_text = "64GiB",
           .minimum = "16MiB",
           .maximum = "16TiB",
           .help = "What the log may grow to; address space is reserved for it, memory and disk are not."},
};

class LmdbLog final : public GroupedLog<lmdb::Store> {
 public:
  using GroupedLog::GroupedLog;
};

}  // namespace

TICKWEIR_PLUGIN("wal_lmdb", LmdbLog,
                {.version = "1.0.0",
                 .summary = "Stores a log in an LMDB environment.",
                 .accepts = "*",
                 .options = options})
