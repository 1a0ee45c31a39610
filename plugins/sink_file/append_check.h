// Looks at an existing file before anything is appended to it: is it of the same format, and does it end
// with a whole event or line? Appending to a torn end would spoil what comes after it.
//
// Threading: one owner of the file. Memory: up to 1 MiB during the check.
// Errors:    std::runtime_error with path, offset, and what to do.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "event_file.h"
#include "output_file.h"

namespace tickweir {

namespace detail {

[[noreturn]] inline void refuse_append(const OutputFile& file, const std::string& why) {
  throw std::runtime_error("cannot append to " + file.path() + ": " + why);
}

}  // namespace detail

// The file must be an event file of whole events, or empty.
inline void check_event_file(const OutputFile& file) {
  const std::uint64_t size = file.size();
  if (size == 0) return;
  event_file::Header header;
  const std::size_t got = file.read_at(0, {reinterpret_cast<std::uint8_t*>(&header), sizeof header});
  if (got < sizeof header) detail::refuse_append(file, "it ends within its file header");
  const std::string wrong = event_file::wrong_with(header);
  if (!wrong.empty()) detail::refuse_append(file, wrong);
  std::vector<std::uint8_t> room(1 << 20);
  for (std::uint64_t offset = sizeof header; offset < size;) {
    const std::size_t count = file.read_at(offset, room);
    std::uint64_t at = 0;
    while (at == 0 || at + sizeof(std::uint32_t) <= count) {
      const std::uint32_t event_size =
          count < sizeof event_size ? 0 : event_file::whole_event_size(room.data() + at, size - offset - at);
      if (event_size == 0) {
        const std::string end = std::to_string(offset + at);
        detail::refuse_append(
            file, "there is no whole event at offset " + end + "; cut it with: truncate -s " + end);
      }
      at += event_size;
      if (offset + at == size) return;
    }
    offset += at;
  }
}

// The file must be empty or end with a line end, and begin with `first_line` if that is not empty.
inline void check_text_file(const OutputFile& file, std::string_view first_line) {
  if (file.size() == 0) return;
  std::uint8_t last = 0;
  if (file.read_at(file.size() - 1, {&last, 1}) != 1 || last != '\n') {
    detail::refuse_append(file, "its last line is not whole; cut it off, or end it");
  }
  std::string found(first_line.size(), '\0');
  const std::size_t count = file.read_at(0, {reinterpret_cast<std::uint8_t*>(found.data()), found.size()});
  if (count != found.size() || found != first_line) {
    detail::refuse_append(file, "its columns are not the ones of this event; expected the first line " +
                                    std::string(first_line.substr(0, first_line.size() - 1)));
  }
}

}  // namespace tickweir
