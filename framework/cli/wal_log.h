// A log named on the command line, with its back end made and not yet opened.
//
//   PLUGIN:PATH           the back end's option `path`; --set OPTION=VALUE gives it others
//   PIPELINE.yaml:STAGE   the options of that stage
//   PIPELINE.yaml         every log of it
//
// Threading: main thread. Ownership: the log owns the back end, which is closed and destroyed with it.
// Errors:    what is wrong with name, plugin or pipeline is printed and refuses (exit 78); what the back end
//            says comes back as text.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/load.h"
#include "runtime/durability/log_store.h"
#include "runtime/engine/stage_object.h"

namespace tickweir {

// What can be read or made of a log at once: no event of any pipeline is larger.
inline constexpr std::uint32_t log_batch_bytes = 16 * 1024 * 1024;
inline constexpr std::uint32_t log_batch_events = 2048;

class NamedLog {
 public:
  // `loaded`: with a graph.
  NamedLog(std::string name, std::shared_ptr<const LoadedPipeline> loaded, std::uint32_t stage);
  ~NamedLog();
  NamedLog(const NamedLog&) = delete;
  NamedLog& operator=(const NamedLog&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string back_end() const { return plan_.plugin->table->name; }

  // Of a log that must be there.
  Result<LogFacts> open(bool is_read_only);
  // Of a log that must not be there yet, or be empty. `id`: it shall have; an empty one that is there keeps
  // its own.
  Result<LogFacts> open_new(const std::string& schema, const std::string& id);
  // Closes it and makes the back end anew; it can be opened again.
  Result<void> close();
  LogStore& store() { return *store_; }

  // Shows the events from `first` to `last` to `visit`, which returns whether to go on.
  Result<void> read(std::uint64_t first, std::uint64_t last,
                    const std::function<Result<bool>(const tickweir_batch&)>& visit);

 private:
  Result<void> make();
  Result<LogFacts> open(const std::string& schema, bool is_read_only, const std::string& id);
  // What to say when there is nothing in its `path`.
  [[nodiscard]] std::optional<std::string> missing() const;

  std::string name_;
  std::shared_ptr<const LoadedPipeline> loaded_;
  const GraphStage& plan_;
  std::uint32_t stage_;
  StageCells cells_;
  RunControl control_;
  std::unique_ptr<StageObject> object_;
  std::unique_ptr<LogStore> store_;
  bool is_open_ = false;
};

using NamedLogs = std::vector<std::unique_ptr<NamedLog>>;

// Nothing: it has been said why, and `exit_code` is set.
[[nodiscard]] NamedLogs find_logs(const Arguments& arguments, const std::vector<std::string>& names,
                                  int& exit_code);
// As find_logs, of exactly one. nullptr: likewise.
[[nodiscard]] std::unique_ptr<NamedLog> find_log(const Arguments& arguments, const std::string& name,
                                                 int& exit_code);

// "tickweir: error: LOG: ..." and what to do about it, if anything.
void print_log_error(const NamedLog& log, const std::string& text, const std::string& help = "");

}  // namespace tickweir
