#include "runtime/engine/dead_letters.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "tickweir/batch.h"

namespace tickweir {

namespace {

constexpr std::uint32_t event_bytes_max = 16 << 20;  // batch.max_bytes allows no more

std::string error_text(int code) {
  return std::generic_category().message(code);
}

// A crash may leave the beginning of an event at the end of the file: cut off, so that what is appended can
// be read.
Result<void> cut_last_event_if_torn(int file) {
  struct stat facts {};
  if (fstat(file, &facts) != 0) return Error{error_text(errno)};
  if (!S_ISREG(facts.st_mode)) return Error{"is not a file"};
  off_t whole = 0;
  while (facts.st_size - whole >= static_cast<off_t>(sizeof(Event))) {
    std::uint32_t size = 0;
    if (pread(file, &size, sizeof size, whole) != sizeof size) return Error{error_text(errno)};
    if (size < sizeof(Event) || size > event_bytes_max || size % 8 != 0) {
      return Error{"holds no event at byte " + std::to_string(whole) +
                   ": name another file, or move this one away"};
    }
    if (size > facts.st_size - whole) break;
    whole += size;
  }
  if (whole != facts.st_size && ftruncate(file, whole) != 0) return Error{error_text(errno)};
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

}  // namespace tickweir
