#include "saved.h"

#include <memory>

namespace tickweir::test {

std::vector<std::uint8_t> state_of(std::uint64_t number, std::size_t stage, bool large) {
  if (stage == 0) return {};
  const std::size_t bytes = stage == 1 ? 100 + number % 50 : large ? 3 * snapshot_chunk_bytes + 5 : 300;
  std::vector<std::uint8_t> state(bytes);
  for (std::size_t i = 0; i < bytes; ++i) state[i] = static_cast<std::uint8_t>(i * 7 + number * 13 + stage);
  return state;
}

std::vector<LogPosition> positions_of(std::uint64_t number) {
  return {
      {.stage = "log", .log_id = std::string(32, 'a'), .last_sequence = number * 100, .last_time = number},
      {.stage = "trades", .log_id = std::string(32, 'b'), .last_sequence = number * 3, .last_time = 0}};
}

bool write_number(const tickweir_files& files, std::int32_t file, std::uint64_t number, bool large) {
  const auto writer = std::make_unique<SnapshotWriter>(files, file);
  writer->begin();
  for (const LogPosition& position : positions_of(number)) writer->add_log(position);
  for (std::size_t stage = 0; stage < 3; ++stage) {
    writer->begin_stage("stage" + std::to_string(stage), "plugin");
    const std::vector<std::uint8_t> state = state_of(number, stage, large);
    // In pieces, as stages do.
    for (std::size_t at = 0; at < state.size(); at += 1000) {
      writer->write(state.data() + at, std::min<std::size_t>(1000, state.size() - at));
    }
  }
  return writer->finish();
}

std::string difference(const Files& files, const Snapshot& snapshot, std::uint64_t number, bool large) {
  if (snapshot.logs != positions_of(number)) return "other logs";
  if (snapshot.stages.size() != 3) return "other stages";
  for (std::size_t stage = 0; stage < 3; ++stage) {
    const SavedStage& saved = snapshot.stages[stage];
    if (saved.id != "stage" + std::to_string(stage) || saved.plugin != "plugin") return "another " + saved.id;
    const std::vector<std::uint8_t> state = state_of(number, stage, large);
    std::vector<std::uint8_t> read(state.size());
    StateStream stream(files, snapshot, saved);
    if (!stream.read(read.data(), read.size()) || !stream.is_at_end() || read != state) {
      return "another state of " + saved.id;
    }
    std::uint8_t more = 0;
    if (stream.read(&more, 1)) return "more state of " + saved.id;
  }
  return "";
}

}  // namespace tickweir::test
