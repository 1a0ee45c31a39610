#include "runtime/engine/dead_letters.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "tickweir/batch.h"

namespace tickweir {

namespace {

std::string error_text(int code) { return std::generic_category().message(code); }

}  // namespace

DeadLetters::~DeadLetters() {
  if (file_ >= 0) close(file_);
}

Result<void> DeadLetters::open() {
  if (path_.empty()) return {};
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) return Error{"dead_letter.path " + path_ + ": " + error_text(errno)};
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
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(file_, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int cause = errno;
      [[maybe_unused]] const int ignored = ftruncate(file_, whole);  // leave whole events behind
      return Error{"dead letters to " + path_ + " failed at offset " + std::to_string(whole) + ": " +
                   error_text(cause)};
    }
    done += static_cast<std::size_t>(written);
  }
  return {};
}

}  // namespace tickweir
