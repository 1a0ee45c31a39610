// tickweir dead-letters, on the file of a pipeline whose sink fails.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tickweir/testing_folder.h"

namespace tickweir {
namespace {

using nlohmann::json;
using testing::Outcome;
using testing::run_program;

constexpr std::size_t events = 50;

class DeadLettersCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(folder_.at("failing.yaml"))
        << "apiVersion: tickweir/v1\nname: failing\nstages:\n"
           "  orders: { plugin: source_generator, config: { events: 50 } }\n"
           "  out: { plugin: sink_fails, inputs: [orders], on_error: dead_letter }\n"
           "dead_letter: { path: "
        << file_ << " }\n";
    const Outcome outcome = run_program({"run", folder_.at("failing.yaml")});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  [[nodiscard]] static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  void append(const std::string& bytes) const {
    std::ofstream(file_, std::ios::binary | std::ios::app) << bytes;
  }

  testing::TempFolder folder_;
  std::string file_ = folder_.at("letters");
};

TEST_F(DeadLettersCommand, ExplainsEachEventByTheLayoutsOfThePlugins) {
  const Outcome text = run_program({"dead-letters", file_});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_EQ(text.err, "");
  ASSERT_EQ(lines_of(text.out).size(), events);
  const std::string first = lines_of(text.out).front();
  EXPECT_TRUE(first.starts_with("0 2026-01-05T14:30:00.000000000Z 1:1 NewOrder order_id=")) << first;

  const Outcome as_json = run_program({"dead-letters", file_, "--format", "json"});
  EXPECT_EQ(as_json.exit_code, 0) << as_json.err;
  ASSERT_EQ(lines_of(as_json.out).size(), events);
  const json last = json::parse(lines_of(as_json.out).back());
  EXPECT_EQ(last["number"], events);
  EXPECT_TRUE(last.contains("event"));
  EXPECT_EQ(run_program({"dead-letters", file_, "--json"}).out, as_json.out);
}

TEST_F(DeadLettersCommand, ShowsDigitsWhereNoPluginExplainsAnEvent) {
  const std::vector<std::string> words{"dead-letters", file_, "--plugin-path", folder_.path()};
  const Outcome outcome = testing::Program(words).finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  ASSERT_EQ(lines_of(outcome.out).size(), events);
  EXPECT_NE(outcome.out.find(" 1:1 type=256 rest="), std::string::npos) << lines_of(outcome.out).front();
}

TEST_F(DeadLettersCommand, EndsWhereItIsTold) {
  const Outcome all = run_program({"dead-letters", file_});
  const Outcome three = run_program({"dead-letters", file_, "--limit", "3"});
  EXPECT_EQ(lines_of(three.out).size(), 3U);
  EXPECT_TRUE(all.out.starts_with(three.out));
}

TEST_F(DeadLettersCommand, SaysWhereATornEndIsAndLeavesItThere) {
  const Outcome whole = run_program({"dead-letters", file_});
  const auto bytes = std::filesystem::file_size(file_);
  const std::string torn = std::string("\x40\0\0\0\0\1\0\0", 8) + std::string(33, '\0');  // of 64 bytes
  append(torn);
  const Outcome outcome = run_program({"dead-letters", file_});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, whole.out);
  EXPECT_EQ(outcome.err, "tickweir: " + file_ + ": torn at byte " + std::to_string(bytes) +
                             ": the 41 bytes from there are no whole event; the next run cuts them off\n");
  EXPECT_EQ(std::filesystem::file_size(file_), bytes + torn.size());
}

TEST_F(DeadLettersCommand, SaysThatATextIsNoFileOfDeadLetters) {
  const std::string text = folder_.at("notes.txt");
  for (const std::string content :
       {"a", "some", "a short note\n", "a note that is longer than the header of an event is\n"}) {
    std::ofstream(text) << content;
    const Outcome outcome = run_program({"dead-letters", text});
    EXPECT_EQ(outcome.exit_code, 1) << content;
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("tickweir: error: " + text +
                               " holds no event at byte 0: it is no file of dead letters; found "),
              std::string::npos)
        << outcome.err;
    EXPECT_NE(outcome.err.find("expected a multiple of 8 from 32 to 16777216\n"), std::string::npos);
  }
}

TEST_F(DeadLettersCommand, LeavesATextAloneThatThePipelineNames) {
  const std::string text = folder_.at("notes.txt");
  std::ofstream(text) << "a short note\n";
  const Outcome outcome =
      run_program({"run", folder_.at("failing.yaml"), "--set", "dead_letter.path=" + text});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("name another file, or move this one away"), std::string::npos) << outcome.err;
  EXPECT_EQ(std::filesystem::file_size(text), 13U);
}

TEST_F(DeadLettersCommand, RefusesWhatIsNoSuchFile) {
  const auto bytes = std::filesystem::file_size(file_);
  append(std::string(64, 'x'));
  const Outcome damaged = run_program({"dead-letters", file_});
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_EQ(damaged.err,
            "tickweir: error: " + file_ + " holds no event at byte " + std::to_string(bytes) + "\n");
  EXPECT_EQ(lines_of(damaged.out).size(), events) << "what comes before is shown";

  const Outcome missing = run_program({"dead-letters", folder_.at("nothing")});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_EQ(missing.err, "tickweir: error: " + folder_.at("nothing") + ": No such file or directory\n");
  const Outcome folder = run_program({"dead-letters", folder_.path()});
  EXPECT_EQ(folder.err, "tickweir: error: " + folder_.path().string() + ": is not a file\n");
  EXPECT_EQ(run_program({"dead-letters"}).exit_code, 2);
  EXPECT_EQ(run_program({"dead-letters", file_, "--format", "dot"}).exit_code, 2);
}

}  // namespace
}  // namespace tickweir
