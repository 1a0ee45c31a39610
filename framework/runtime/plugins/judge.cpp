#include "runtime/plugins/judge.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tickweir/note.h"
#include "tickweir/plugin.h"

namespace tickweir {

namespace {

const std::string abi_here = TICKWEIR_TEXT_OF(TICKWEIR_ABI_MAJOR) "." TICKWEIR_TEXT_OF(TICKWEIR_ABI_MINOR);
const std::string rebuild = "rebuild it with SDK " TICKWEIR_SDK_VERSION;
#if defined(__x86_64__)
constexpr const char* machine_here = "x86-64";
#elif defined(__aarch64__)
constexpr const char* machine_here = "aarch64";
#else
#error "name this machine as elf_note.cpp does"
#endif

bool cpu_has(const std::string& feature) {
  if (feature == "baseline") return true;
#if defined(__x86_64__)
  if (feature == "sse4.2") return __builtin_cpu_supports("sse4.2") != 0;
  if (feature == "avx2") return __builtin_cpu_supports("avx2") != 0;
  if (feature == "avx512f") return __builtin_cpu_supports("avx512f") != 0;
#endif
  return false;
}

std::optional<std::pair<int, int>> abi_numbers(std::string_view text) {
  std::pair<int, int> numbers;
  const char* const end = text.data() + text.size();
  const auto [dot, major_error] = std::from_chars(text.data(), end, numbers.first);
  if (major_error != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  const auto [rest, minor_error] = std::from_chars(dot + 1, end, numbers.second);
  if (minor_error != std::errc{} || rest != end) return std::nullopt;
  return numbers;
}

Result<void> judge_abi(const NoteFacts& note) {
  const std::string found = note.fact("abi");
  if (found == abi_here) return {};
  const auto numbers = abi_numbers(found);
  if (!numbers) return Error{"has no ABI version in its note; " + rebuild};
  const std::string built = "was built for plugin ABI " + found + " (SDK " + note.fact("sdk") + "), ";
  if (*numbers > std::pair(TICKWEIR_ABI_MAJOR, TICKWEIR_ABI_MINOR)) {
    return Error{built + "newer than this runtime's " + abi_here + "; update tickweir, or " + rebuild};
  }
  return Error{built + "this runtime needs " + abi_here + "; " + rebuild};
}

// "price@8:8" -> "price", "offset 8, 8 bytes"
std::map<std::string, std::string> field_places(const EventLayout& layout) {
  std::map<std::string, std::string> places;
  std::string_view rest = layout.fields;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view field = rest.substr(0, end);
    const std::size_t at = field.find('@');
    const std::size_t colon = field.find(':');
    places[std::string(field.substr(0, at))] = "at offset " +
                                               std::string(field.substr(at + 1, colon - at - 1)) + " with " +
                                               std::string(field.substr(colon + 1)) + " bytes";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return places;
}

// The first difference, as "field price found at offset 8 with 4 bytes, needed at offset 8 with 8 bytes".
std::string difference(const EventLayout& found, const EventLayout& needed) {
  const auto found_places = field_places(found);
  const auto needed_places = field_places(needed);
  for (const auto& [field, place] : needed_places) {
    const auto other = found_places.find(field);
    if (other == found_places.end()) return "field " + field + " not found, needed " + place;
    if (other->second != place) return "field " + field + " found " + other->second + ", needed " + place;
  }
  for (const auto& [field, place] : found_places) {
    if (!needed_places.contains(field)) return "field " + field + " found " + place + ", not needed";
  }
  if (found.size_bytes != needed.size_bytes) {
    return "size found " + std::to_string(found.size_bytes) + ", needed " + std::to_string(needed.size_bytes);
  }
  if (found.type != needed.type) {
    return "type number found " + std::to_string(found.type) + ", needed " + std::to_string(needed.type);
  }
  return "order of the fields differs";
}

Result<void> judge_header(const NoteFacts& note) {
  // As in TICKWEIR_HEADER_LAYOUT, whose first words are name, size and type.
  std::string fields = TICKWEIR_HEADER_LAYOUT;
  fields.pop_back();
  for (int word = 0; word < 3; ++word) fields.erase(0, fields.find(' ') + 1);
  const EventLayout needed{"EventHeader", sizeof(tickweir_event), 0, fields};
  const auto found = std::ranges::find(note.layouts, needed.name, &EventLayout::name);
  if (found == note.layouts.end()) return Error{"does not say how it lays out EventHeader; " + rebuild};
  if (*found == needed) return {};
  return Error{"lays out EventHeader otherwise than this runtime: " + difference(*found, needed) + "; " +
               rebuild};
}

Result<void> judge_sanitizer(const NoteFacts& note) {
  const std::string found = note.fact("sanitizer");
  if (found == TICKWEIR_BUILD_SANITIZER) return {};
  return Error{"was built with sanitizer \"" + found +
               "\", this runtime with \"" TICKWEIR_BUILD_SANITIZER "\"; build both alike"};
}

}  // namespace

Result<void> judge_build(const NoteFacts& note) {
  if (note.fact("machine") != machine_here) {
    return Error{"is built for " + note.fact("machine") + ", this machine is " + machine_here +
                 "; rebuild it here"};
  }
  for (Result<void> (*judge)(const NoteFacts&) : {judge_abi, judge_header, judge_sanitizer}) {
    if (auto judged = judge(note); !judged) return judged;
  }
  const std::string cpu = note.fact("cpu");
  if (!cpu_has(cpu)) {
    return Error{"needs the CPU feature \"" + cpu +
                 "\", which this machine lacks; rebuild it for this machine"};
  }
  return {};
}

Result<void> SharedLayouts::add(const std::filesystem::path& file, const NoteFacts& note) {
  for (const EventLayout& found : note.layouts) {
    if (const auto known = by_name_.find(found.name);
        known != by_name_.end() && known->second.layout != found) {
      return Error{"lays out event " + found.name + " otherwise than " + known->second.file.string() + ": " +
                   difference(found, known->second.layout) + "; " + rebuild};
    }
    const auto named = name_of_type_.find(found.type);
    if (found.type != 0 && named != name_of_type_.end() && named->second != found.name) {
      return Error{"calls event type " + std::to_string(found.type) + " " + found.name + ", but " +
                   by_name_.at(named->second).file.string() + " calls it " + named->second +
                   "; give one of them another number"};
    }
  }
  for (const EventLayout& layout : note.layouts) {
    if (by_name_.emplace(layout.name, Known{layout, file}).second && layout.type != 0) {
      name_of_type_[layout.type] = layout.name;
    }
  }
  return {};
}

}  // namespace tickweir
