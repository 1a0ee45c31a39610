#include "runtime/durability/log_files.h"

#include <liburing.h>

#include <cstring>
#include <mutex>

#include "tickweir/assert.h"
#include "tickweir/posix_files.h"

namespace tickweir {

namespace {

// A larger write is the disk's work, not the processor's, and would keep others from the ring.
constexpr std::uint64_t ring_bytes_max = 256 * 1024;

}  // namespace

struct LogFiles::Ring {
  Ring() : refusal(-io_uring_queue_init(1, &raw, 0)) {
    if (refusal != 0) return;
    io_uring_probe* const probe = io_uring_get_probe_ring(&raw);
    const bool can_write = probe != nullptr && io_uring_opcode_supported(probe, IORING_OP_WRITE) != 0;
    if (probe != nullptr) io_uring_free_probe(probe);
    if (!can_write) close(ENOSYS);
  }
  ~Ring() {
    if (is_open()) close(0);
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  [[nodiscard]] bool is_open() const { return refusal == 0; }

  // As tickweir_files::write. False: nothing was written, the ring is of no use any more.
  bool write(std::int32_t file, const tickweir_span& span, std::uint64_t offset, std::int64_t& result) {
    io_uring_sqe* const entry = io_uring_get_sqe(&raw);
    TICKWEIR_ASSERT(entry != nullptr);  // one at a time, and the ring has room for one
    io_uring_prep_write(entry, file, span.data, static_cast<unsigned>(span.bytes), offset);
    int submitted = 0;
    while ((submitted = io_uring_submit(&raw)) == -EINTR) {
    }
    if (submitted != 1) {
      close(submitted < 0 ? -submitted : EAGAIN);
      return false;
    }
    io_uring_cqe* done = nullptr;
    int waited = 0;
    while ((waited = io_uring_wait_cqe(&raw, &done)) == -EINTR) {
    }
    TICKWEIR_ASSERT(waited == 0);  // the kernel still reads the memory: there is no way on
    result = done->res;
    io_uring_cqe_seen(&raw, done);
    return true;
  }

  void close(int why) {
    io_uring_queue_exit(&raw);
    refusal = why != 0 ? why : ECANCELED;
  }

  std::mutex mutex;
  io_uring raw{};
  int refusal;  // 0: it is open; otherwise why it is not
};

LogFiles::LogFiles() : files_(posix_files()) {}
LogFiles::~LogFiles() = default;

Result<std::unique_ptr<LogFiles>> LogFiles::make(FileIo wanted) {
  std::unique_ptr<LogFiles> files(new LogFiles);
  if (wanted == FileIo::pwrite) return files;
  auto ring = std::make_unique<Ring>();
  if (!ring->is_open()) {
    const std::string cause = std::string("io_uring is not allowed here: ") + std::strerror(ring->refusal);
    if (wanted == FileIo::io_uring) {
      return Error{cause + "; take durability: { io: auto } or { io: pwrite }, or allow the system call"};
    }
    files->how_ = std::string(files->files_.how) + " (" + cause + ")";
    files->files_.how = files->how_.c_str();
    return files;
  }
  files->ring_ = std::move(ring);
  files->files_.state = files.get();  // the other functions of posix_files() use none
  files->files_.write = write;
  files->files_.how = "io_uring + fdatasync";
  return files;
}

std::int64_t LogFiles::write(void* state, std::int32_t file, const tickweir_span* spans,
                             std::uint32_t span_count, std::uint64_t offset) {
  Ring& ring = *static_cast<LogFiles*>(state)->ring_;
  if (span_count == 1 && spans->bytes <= ring_bytes_max) {
    const std::unique_lock lock(ring.mutex, std::try_to_lock);
    std::int64_t result = 0;
    if (lock && ring.is_open() && ring.write(file, *spans, offset, result) && result != -EINTR &&
        result != -EAGAIN) {
      return result;
    }
  }
  return posix_files().write(nullptr, file, spans, span_count, offset);
}

}  // namespace tickweir
