// Any bytes as a snapshot: refused with a cause, or all of it can be read as the stages would. The first byte
// says how much is made right: random bytes would not get behind the checksums.
#include <isa-l/crc.h>

#include <algorithm>
#include <cstring>

#include "runtime/durability/snapshot_file.h"
#include "tickweir/testing_files.h"

namespace {
using namespace tickweir;

constexpr std::size_t magic_bytes = 8;
constexpr std::size_t head_bytes = 16;

// Gives each chunk the checksum it should have, as long as the lengths make sense.
void make_chunks_right(std::vector<std::uint8_t>& bytes) {
  std::uint32_t crc = 0;
  for (std::size_t at = magic_bytes; at + head_bytes <= bytes.size();) {
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data() + at + 4, sizeof length);
    if (length > bytes.size() - at - head_bytes) return;
    crc = crc32_iscsi(bytes.data() + at, 8, ~crc);
    crc = crc32_iscsi(bytes.data() + at + head_bytes, static_cast<int>(length), crc);
    std::memcpy(bytes.data() + at + 8, &crc, sizeof crc);
    at += head_bytes + (length + std::size_t{7}) / 8 * 8;
  }
}

// In pieces of changing size.
void read_state(const Files& files, const Snapshot& snapshot, const SavedStage& stage) {
  StateStream stream(files, snapshot, stage);
  std::array<std::uint8_t, 1000> room;
  for (std::uint64_t done = 0, piece = 1; done < stage.bytes; piece = piece * 7 % room.size() + 1) {
    const std::uint64_t now = std::min(piece, stage.bytes - done);
    TICKWEIR_ASSERT(stream.read(room.data(), now));
    done += now;
  }
  TICKWEIR_ASSERT(stream.is_at_end() && !stream.read(room.data(), 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::vector<std::uint8_t> bytes(data + 1, data + size);
  if ((*data & 1) != 0 && bytes.size() >= magic_bytes) std::memcpy(bytes.data(), "TWSNAP01", magic_bytes);
  if ((*data & 2) != 0) make_chunks_right(bytes);
  testing::FaultyFiles disk;
  disk.plant("/snapshot", std::move(bytes));
  const Files files(disk.raw());
  auto snapshot = read_snapshot(files, "/snapshot");
  if (!snapshot) {
    TICKWEIR_ASSERT(!snapshot.error().message.empty());
    return 0;
  }
  for (const SavedStage& stage : snapshot->stages) read_state(files, *snapshot, stage);
  return 0;
}
