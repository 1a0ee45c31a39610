// Reads Tickweir's notes from a shared object without running any of it.
//
// Threading: pure functions. Memory: reads the file's headers and note section only, within bounds;
// hostile files give an error, never a crash.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "runtime/result.h"

namespace tickweir {

struct EventLayout {
  std::string name;
  std::uint32_t size_bytes = 0;
  std::uint32_t type = 0;
  std::string fields;  // "order_id@0:8 price@8:8 ..."
  friend bool operator==(const EventLayout&, const EventLayout&) = default;
};

struct NoteFacts {
  std::map<std::string, std::string> facts;  // abi, sdk, name, compiler, stdlib, sanitizer, cpu
  std::vector<EventLayout> layouts;
  [[nodiscard]] std::string fact(const std::string& key) const;  // "" when absent
};

// From the bytes of an ELF file.
[[nodiscard]] Result<NoteFacts> parse_notes(std::span<const std::uint8_t> file);
[[nodiscard]] Result<NoteFacts> read_notes(const std::filesystem::path& file);

}  // namespace tickweir
