// Snapshots that follow from a number, written and compared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/durability/snapshot_folder.h"

namespace tickweir::test {

// Of the snapshot with this number: two logs, three stages of 0, a few and (with `large`) many bytes.
[[nodiscard]] std::vector<std::uint8_t> state_of(std::uint64_t number, std::size_t stage, bool large);
[[nodiscard]] std::vector<LogPosition> positions_of(std::uint64_t number);
// True: stored.
bool write_number(const tickweir_files& files, std::int32_t file, std::uint64_t number, bool large = false);
// Reads what was read from the file as the stages would. "" if it is that of the number, or else what
// differs.
[[nodiscard]] std::string difference(const Files& files, const Snapshot& snapshot, std::uint64_t number,
                                     bool large = false);

}  // namespace tickweir::test
