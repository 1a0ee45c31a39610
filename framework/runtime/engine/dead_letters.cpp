#include "runtime/engine/dead_letters.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <filesystem>
#include <vector>

#include "tickweir/batch.h"
#include "tickweir/posix_files.h"

namespace tickweir {

namespace {

constexpr std::uint32_t event_bytes_max = 16 << 20;  // batch.max_bytes allows no more

std::string error_text(int code) {
  return std::generic_category().message(code);
}

Result<std::uint64_t> bytes_of(int file) {
  struct stat facts {};
  if (fstat(file, &facts) != 0) return Error{error_text(errno)};
  if (!S_ISREG(facts.st_mode)) return Error{"is not a file"};
  return static_cast<std::uint64_t>(facts.st_size);
}

// The size of the event at `offset`, before the end at `bytes`; 0: there is no whole one.
Result<std::uint32_t> whole_event_at(int file, std::uint64_t offset, std::uint64_t bytes) {
  const std::uint64_t left = bytes - offset;
  std::uint32_t size = 0;
  const auto known = static_cast<ssize_t>(std::min<std::uint64_t>(left, sizeof size));
  if (pread(file, &size, static_cast<std::size_t>(known), static_cast<off_t>(offset)) != known)
    return Error{error_text(errno)};
  const bool is_whole_size = known == sizeof size;  // else the last bytes of it are missing
  if (size % 8 != 0 || (is_whole_size && (size < sizeof(Event) || size > event_bytes_max))) {
    std::string what = "holds no event at byte " + std::to_string(offset);
    if (offset == 0) {
      what += ": it is no file of dead letters; found " + std::to_string(size) +
              " where the size of an event belongs, expected a multiple of 8 from " +
              std::to_string(sizeof(Event)) + " to " + std::to_string(event_bytes_max);
    }
    return Error{what};
  }
  return is_whole_size && size <= left ? size : 0U;
}

// A crash may leave the beginning of an event at the end of the file: cut off, so that what is appended can
// be read.
Result<void> cut_last_event_if_torn(int file) {
  auto bytes = bytes_of(file);
  if (!bytes) return bytes.error();
  std::uint64_t whole = 0;
  while (true) {
    auto size = whole_event_at(file, whole, *bytes);
    if (!size) return Error{size.error().message + ": name another file, or move this one away"};
    if (*size == 0) break;
    whole += *size;
  }
  if (whole != *bytes && ftruncate(file, static_cast<off_t>(whole)) != 0) return Error{error_text(errno)};
  return {};
}

// So that a file that was just made is still there after a power cut.
Result<void> sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::absolute(path).parent_path();
  const std::int32_t result = posix_files().sync_folder(nullptr, folder.c_str());
  if (result != 0) return Error{"cannot sync its folder: " + error_text(-result)};
  return {};
}

}  // namespace

DeadLetters::~DeadLetters() {
  if (file_ >= 0) close(file_);
}

Result<void> DeadLetters::open() {
  if (path_.empty()) return {};
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) return Error{"dead_letter.path " + path_ + ": " + error_text(errno)};
  auto cut = cut_last_event_if_torn(file_);
  if (cut) cut = sync_folder_of(path_);
  if (!cut) return Error{"dead_letter.path " + path_ + ": " + cut.error().message};
  return {};
}

Result<void> DeadLetters::write(const tickweir_batch& batch) {
  std::vector<std::uint8_t> bytes;
  BatchView(batch).for_each([&](const Event& event) {
    const auto* begin = reinterpret_cast<const std::uint8_t*>(&event);
    bytes.insert(bytes.end(), begin, begin + event.size);
  });
  const std::lock_guard lock(mutex_);
  const off_t whole = lseek(file_, 0, SEEK_END);
  const auto failed = [&](int cause) {
    [[maybe_unused]] const int ignored = ftruncate(file_, whole);  // leave whole events behind
    return Error{"dead letters to " + path_ + " failed at offset " + std::to_string(whole) + ": " +
                 error_text(cause)};
  };
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(file_, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(errno);
    done += static_cast<std::size_t>(written);
  }
  if (fdatasync(file_) != 0) return failed(errno);
  return {};
}

DeadLetterFile::~DeadLetterFile() {
  if (file_ >= 0) close(file_);
}

Result<void> DeadLetterFile::open(const std::string& path) {
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) return Error{error_text(errno)};
  auto bytes = bytes_of(file_);
  if (!bytes) return bytes.error();
  bytes_ = *bytes;
  return {};
}

Result<const Event*> DeadLetterFile::next() {
  auto size = whole_event_at(file_, offset_, bytes_);
  if (!size) return size.error();
  if (*size == 0) return nullptr;
  event_.resize(*size / sizeof event_.front());
  if (pread(file_, event_.data(), *size, static_cast<off_t>(offset_)) != static_cast<ssize_t>(*size))
    return Error{"was cut at byte " + std::to_string(offset_) + " while it was read"};
  offset_ += *size;
  return reinterpret_cast<const Event*>(event_.data());
}

}  // namespace tickweir
