#include "runtime/engine/stage_object.h"

#include <cstring>
#include <exception>

#include "runtime/engine/clock.h"
#include "tickweir/posix_files.h"

namespace tickweir {

namespace {

constexpr std::size_t series_per_stage_max = 4096;

}  // namespace

StageObject::StageObject(const Graph& graph, std::uint32_t index, StageCells& cells, RunControl& control)
    : graph_(graph),
      plan_(graph.stages[index]),
      table_(*plan_.plugin->table),
      cells_(cells),
      control_(control) {
  for (const GraphStage& stage : graph.stages) {
    const tickweir_plugin& plugin = *stage.plugin->table;
    for (std::uint32_t i = 0; i < plugin.reason_count; ++i) {
      const std::uint32_t verdict = stage.verdict_base + i;
      if (verdicts_.size() < verdict) verdicts_.resize(verdict);
      verdicts_[verdict - 1] = {.flags = plugin.reasons[i].flags,
                                .stage_id = stage.id.c_str(),
                                .reason = plugin.reasons[i].name,
                                .help = plugin.reasons[i].help};
    }
  }
  host_ = {.state = this, .now = host_now, .log = host_log, .cell = host_cell};
  error_.text = text_.data();
  error_.text_capacity = text_.size();
}

StageObject::~StageObject() {
  if (stage_ != nullptr && table_.destroy != nullptr) table_.destroy(stage_);
}

void StageObject::note_exception() noexcept {
  const char* what = "threw something that is not a std::exception";
  std::string text;
  try {
    throw;
  } catch (const std::exception& caught) {
    std::strncpy(text_.data(), caught.what(), text_.size() - 1);
    return;
  } catch (...) {
    std::strncpy(text_.data(), what, text_.size() - 1);
  }
}

template <typename Body>
Result<void> StageObject::call_setup(const char* what, Body&& body) {
  text_[0] = '\0';
  if (call(body) == TICKWEIR_OK) return {};
  return Error{std::string(what) + " failed: " + (text_[0] == '\0' ? "no cause given" : text_.data())};
}

Result<void> StageObject::create() {
  if (table_.role == TICKWEIR_ROLE_WAL && !control_.mode().is_replay) {
    auto files = LogFiles::make(plan_.durability.io);
    if (!files) return files.error();
    log_files_ = std::move(*files);
  }
  tickweir_context context;
  context.option_count = static_cast<std::uint32_t>(plan_.options.values.size());
  context.options = plan_.options.values.data();
  context.stage_id = plan_.id.c_str();
  context.source_number = plan_.source_number;
  context.event_bytes_max = graph_.config.batch_bytes_max;
  context.batch_events_max = graph_.config.batch_events_max;
  context.verdict_base = plan_.verdict_base;
  context.drop_cells = cells_.drops.data();
  context.host = &host_;
  context.verdicts = verdicts_.data();
  context.verdict_count = static_cast<std::uint32_t>(verdicts_.size());
  context.files = log_files_ != nullptr ? &log_files_->raw() : &posix_files();
  context.shard = plan_.shard;
  context.shard_count = plan_.part == StagePart::shard ? plan_.shard_count : 0;
  error_.option = -1;
  auto made = call_setup("create", [&] { return table_.create(&context, &stage_, &error_); });
  if (!made && error_.option >= 0 && static_cast<std::uint32_t>(error_.option) < table_.option_count) {
    return std::move(made.error()).within(std::string("option ") + table_.options[error_.option].name);
  }
  if (made && stage_ == nullptr) return Error{"create succeeded but made no stage"};
  return made;
}

Result<void> StageObject::start() {
  if (table_.start == nullptr) return {};
  return call_setup("start", [&] { return table_.start(stage_, &error_); });
}

Result<void> StageObject::recover(const tickweir_batch& batch) {
  return call_setup("recover", [&] { return table_.state->recover(stage_, &batch, &error_); });
}

Result<void> StageObject::load(const tickweir_state_reader& reader) {
  return call_setup("load", [&] { return table_.state->load(stage_, &reader, &error_); });
}

Result<void> StageObject::drain(tickweir_emitter& emitter) {
  if (table_.drain == nullptr) return {};
  return call_setup("drain", [&] { return table_.drain(stage_, &emitter, &error_); });
}

Result<void> StageObject::stop() {
  if (table_.stop == nullptr) return {};
  return call_setup("stop", [&] { return table_.stop(stage_, &error_); });
}

std::uint64_t StageObject::host_now(void*) {
  return steady_wall_ns();
}

void StageObject::host_log(void* state, std::uint32_t level, const char* text) {
  const auto* self = static_cast<StageObject*>(state);
  self->control_.log(level, self->plan_.id, text);
}

std::uint64_t* StageObject::host_cell(void* state, std::uint32_t index, const char* label_value) {
  auto* self = static_cast<StageObject*>(state);
  TICKWEIR_ASSERT(index < self->table_.counter_count);
  const tickweir_counter& counter = self->table_.counters[index];
  const std::string label = label_value == nullptr ? "" : label_value;
  const std::lock_guard lock(self->cells_.series_mutex);
  for (PluginSeries& series : self->cells_.series) {
    if (series.counter == index && series.label_value == label) return series.cells.get();
  }
  if (self->cells_.series.size() == series_per_stage_max) return nullptr;
  const std::size_t count = counter.kind == TICKWEIR_HISTOGRAM ? HistogramLayout::cell_count : 1;
  self->cells_.series.push_back(
      {.counter = index, .label_value = label, .cells = std::make_unique<Cell[]>(count)});
  return self->cells_.series.back().cells.get();
}

}  // namespace tickweir
