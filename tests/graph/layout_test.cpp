// Threads, edge kinds, and what the machine allows.
#include <gtest/gtest.h>

#include "pipelines_by_hand.h"
#include "runtime/graph/layout.h"
#include "runtime/graph/machine.h"

namespace {

using namespace tickweir;
using namespace tickweir::by_hand;

Machine cpus(unsigned count) {
  Machine machine{.realtime_allowed = true};
  for (unsigned cpu = 0; cpu < count; ++cpu) machine.cpus_present.push_back(cpu);
  machine.cpus_allowed = machine.cpus_present;
  return machine;
}

TEST(Layout, PutsAChainWithoutThreadsOnOneThreadOfCalls) {
  const Built built = build(
      Pipeline().stage("s", "source_one").stage("f", "filter_pass", {"s"}).stage("out", "sink_any", {"f"}));
  ASSERT_TRUE(built.graph);
  ASSERT_EQ(built.graph->threads.size(), 1U);
  const GraphThread& thread = built.graph->threads[0];
  EXPECT_EQ(thread.name, "default-1");
  EXPECT_FALSE(thread.named_by_user);
  EXPECT_TRUE(thread.cpus.empty());
  EXPECT_EQ(thread.wait, WaitMode::adaptive);
  EXPECT_EQ(thread.stages, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(built.edge("s->f").kind, EdgeKind::call);
  EXPECT_EQ(built.edge("f->out").kind, EdgeKind::call);
}

TEST(Layout, StartsADefaultThreadPerSourceWhileCpusLeaveRoom) {
  const Pipeline pipeline = Pipeline()
                                .stage("a", "source_one")
                                .stage("b", "source_one")
                                .stage("c", "source_one")
                                .stage("out", "sink_any", {"b", "a", "c"});
  const Built two = build(pipeline, cpus(2));
  EXPECT_EQ(two.thread_of("a"), "default-1");
  EXPECT_EQ(two.thread_of("b"), "default-2");
  EXPECT_EQ(two.thread_of("c"), "default-1");    // no room: the first
  EXPECT_EQ(two.thread_of("out"), "default-2");  // its first input's
  EXPECT_EQ(build(pipeline, cpus(3)).thread_of("c"), "default-3");
  EXPECT_EQ(build(pipeline, cpus(1)).graph->threads.size(), 1U);
}

TEST(Layout, LeavesTheCpusOfNamedThreadsToThem) {
  const Pipeline pipeline = Pipeline()
                                .thread("edge", {0, 1})
                                .thread("free")
                                .stage("e", "source_one", {}, "edge")
                                .stage("x", "filter_pass", {"e"}, "free")
                                .stage("a", "source_one")
                                .stage("b", "source_one")
                                .stage("out", "sink_any", {"x", "a", "b"});
  EXPECT_EQ(build(pipeline, cpus(4)).thread_of("b"), "default-1");
  EXPECT_EQ(build(pipeline, cpus(5)).thread_of("b"), "default-2");
}

TEST(Layout, GivesEachShardAThreadThatTheFileMayDefine) {
  const Pipeline pipeline = Pipeline()
                                .thread("book-2", {1})
                                .stage("a", "source_one")
                                .stage("b", "source_one")
                                .stage("book", "transform_fill", {"a"})
                                .shards(2)
                                .stage("out", "sink_any", {"book.fills", "b"});
  const Built built = build(pipeline, cpus(3));
  ASSERT_TRUE(built.graph);
  EXPECT_TRUE(built.lines.empty()) << "the thread of a shard is not idle";
  EXPECT_EQ(built.thread_of("book-1"), "book-1");
  EXPECT_EQ(built.thread_of("book-2"), "book-2");
  EXPECT_EQ(built.thread_of("book"), "default-1") << "as the stage without shards";
  EXPECT_EQ(built.thread_of("b"), "default-1") << "three CPUs: two shards leave room for one";
  EXPECT_EQ(build(pipeline, cpus(4)).thread_of("b"), "default-2");
  EXPECT_EQ(built.edge("a->book-1").kind, EdgeKind::ring);
  EXPECT_EQ(built.edge("book-2.fills->book").kind, EdgeKind::queue);
  EXPECT_EQ(built.edge("book.fills->out").kind, EdgeKind::call);
}

TEST(Layout, StartsADefaultThreadForAStageThatReadsFromANamedOne) {
  const Built built = build(Pipeline()
                                .thread("edge", {0})
                                .stage("s", "source_one", {}, "edge")
                                .stage("f", "filter_pass", {"s"})
                                .stage("out", "sink_any", {"f"}));
  EXPECT_EQ(built.thread_of("f"), "default-1");
  EXPECT_EQ(built.thread_of("out"), "default-1");
  EXPECT_EQ(built.edge("s->f").kind, EdgeKind::ring);
  EXPECT_EQ(built.edge("f->out").kind, EdgeKind::call);
}

TEST(Layout, KeepsNamedThreadsInTheOrderOfTheFileAndLeavesOutIdleOnes) {
  const Built built = build(Pipeline()
                                .thread("b", {1}, WaitMode::spin, 7)
                                .thread("idle")
                                .thread("a")
                                .stage("s", "source_one", {}, "a")
                                .stage("out", "sink_any", {"s"}, "b"));
  ASSERT_TRUE(built.graph);
  ASSERT_EQ(built.graph->threads.size(), 2U);
  EXPECT_EQ(built.graph->threads[0].name, "b");
  EXPECT_EQ(built.graph->threads[0].cpus, std::vector<unsigned>{1});
  EXPECT_EQ(built.graph->threads[0].wait, WaitMode::spin);
  EXPECT_EQ(built.graph->threads[0].priority, 7);
  EXPECT_TRUE(built.graph->threads[0].named_by_user);
  EXPECT_EQ(built.graph->threads[1].name, "a");
  EXPECT_EQ(built.lines,
            Lines{"1020:1 warning: thread \"idle\" has no stages and is not started (put stages on it "
                  "with thread: idle, or remove it)"});
}

TEST(Layout, TakesNoNameThatTheUserHasTaken) {
  const Built built = build(Pipeline()
                                .thread("default-1")
                                .stage("s", "source_one", {}, "default-1")
                                .stage("out", "sink_any", {"s"}));
  EXPECT_EQ(built.thread_of("out"), "default-2");
}

// "default-1" is the thread of a shard, and of nothing else.
TEST(Layout, TakesNoNameOfAShard) {
  const Built built = build(Pipeline()
                                .stage("s", "source_one")
                                .stage("default", "transform_fill", {"s"})
                                .shards(2)
                                .stage("out", "sink_any", {"default.fills"}),
                            cpus(4));
  ASSERT_TRUE(built.graph);
  EXPECT_EQ(built.thread_of("default-1"), "default-1");
  EXPECT_EQ(built.thread_of("default-2"), "default-2");
  EXPECT_EQ(built.thread_of("s"), "default-3");
  EXPECT_EQ(built.thread_of("default"), "default-3");
}

Pipeline three_threads() {
  return Pipeline()
      .thread("x")
      .thread("y")
      .thread("z")
      .stage("a", "source_one", {}, "x")
      .stage("b", "source_one", {}, "y")
      .stage("c", "source_one", {}, "z")
      .stage("out", "sink_any", {"a", "b"}, "z");
}

TEST(Layout, MakesAQueueWhereSeveralThreadsMeet) {
  Pipeline pipeline = three_threads();
  EXPECT_EQ(build(pipeline).edge("a->out").kind, EdgeKind::queue);
  EXPECT_EQ(build(pipeline).edge("b->out").kind, EdgeKind::queue);
}

TEST(Layout, MakesARingWhereOneOtherThreadMeetsCalls) {
  Pipeline pipeline = three_threads();
  pipeline.config.stages[3].inputs[1].from.value = "c";
  const Built built = build(pipeline);
  EXPECT_EQ(built.edge("a->out").kind, EdgeKind::ring);
  EXPECT_EQ(built.edge("c->out").kind, EdgeKind::call);
}

TEST(Layout, MakesAQueueToDropTheOldest) {
  Pipeline pipeline = three_threads();
  pipeline.config.stages[3].inputs.pop_back();
  InputConfig& input = pipeline.config.stages[3].inputs[0];
  input.capacity = 8;
  input.when_full = WhenFull::drop_newest;
  const Built newest = build(pipeline);
  EXPECT_EQ(newest.edge("a->out").kind, EdgeKind::ring);
  EXPECT_EQ(newest.edge("a->out").capacity, 8U);
  EXPECT_EQ(newest.edge("a->out").when_full, WhenFull::drop_newest);
  input.when_full = WhenFull::drop_oldest;
  EXPECT_EQ(build(pipeline).edge("a->out").kind, EdgeKind::queue);
}

TEST(Layout, WarnsOfSettingsThatMeanNothingWithinAThread) {
  Pipeline pipeline = Pipeline().stage("s", "source_one").stage("out", "sink_any", {"s"});
  pipeline.config.stages[1].inputs[0].capacity = 65;
  EXPECT_EQ(
      build(pipeline).lines,
      Lines{"24:1 warning: capacity has no effect here: \"s\" and \"out\" run on one thread (default-1), so "
            "nothing waits between them (remove it, or put the two on different threads)"});
  pipeline.config.stages[1].inputs[0].when_full = WhenFull::drop_newest;
  const Built both = build(pipeline);
  EXPECT_TRUE(both.graph);
  ASSERT_EQ(both.lines.size(), 1U);
  EXPECT_NE(both.lines[0].find("capacity and when_full have no effect"), std::string::npos) << both.lines[0];
}

Pipeline on_thread(std::vector<unsigned> list, WaitMode wait = WaitMode::adaptive, int priority = 0) {
  return Pipeline()
      .thread("t", std::move(list), wait, priority)
      .stage("s", "source_one", {}, "t")
      .stage("out", "sink_any", {"s"}, "t");
}

TEST(Layout, RefusesCpusThatDoNotExist) {
  const std::string help = " (remove cpus, or name others; for one run, --set threads.t.cpus=0-1)";
  EXPECT_EQ(build(on_thread({7})).lines,
            Lines{"1011:1 error: CPU 7 does not exist; this machine has 0-1" + help});
  EXPECT_EQ(build(on_thread({0, 2, 3, 5})).lines,
            Lines{"1011:1 error: CPUs 2-3,5 do not exist; this machine has 0-1" + help});
}

TEST(Layout, RefusesCpusThatAreForbidden) {
  Machine machine = cpus(4);
  machine.cpus_allowed = {0, 1};
  EXPECT_EQ(
      build(on_thread({3}), machine).lines,
      Lines{"1011:1 error: CPU 3 is not allowed by affinity or cgroup; allowed are 0-1 (remove cpus, or "
            "name others; for one run, --set threads.t.cpus=0-1)"});
}

TEST(Layout, RefusesAPriorityThatIsNotPermitted) {
  Machine machine = cpus(2);
  EXPECT_TRUE(build(on_thread({}, WaitMode::block, 50), machine).graph);
  machine.realtime_allowed = false;
  EXPECT_TRUE(build(on_thread({}), machine).graph);
  EXPECT_EQ(build(on_thread({}, WaitMode::block, 50), machine).lines,
            Lines{"1012:1 error: priority 50 is not permitted to this process (give it CAP_SYS_NICE or a "
                  "RLIMIT_RTPRIO (ulimit -r), or remove the priority)"});
}

TEST(Layout, WarnsOfASpinningThreadOnAnInterruptCpu) {
  Machine machine = cpus(2);
  machine.interrupt_cpus = {1};
  EXPECT_TRUE(build(on_thread({0}, WaitMode::spin), machine).lines.empty());
  EXPECT_TRUE(build(on_thread({1}, WaitMode::adaptive), machine).lines.empty());
  EXPECT_TRUE(build(on_thread({0, 1}, WaitMode::spin), machine).lines.empty());
  const Built built = build(on_thread({1}, WaitMode::spin), machine);
  EXPECT_TRUE(built.graph);
  EXPECT_EQ(built.lines,
            Lines{"1011:1 warning: thread \"t\" spins on CPU 1, which takes the interrupts of disk or "
                  "network card (pin it to another CPU, or move the interrupts "
                  "(/proc/irq/N/smp_affinity))"});
}

Pipeline spinning(const std::vector<std::vector<unsigned>>& threads) {
  Pipeline pipeline;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const std::string number = std::to_string(i);
    pipeline.thread("t" + number, threads[i], WaitMode::spin)
        .stage("s" + number, "source_one", {}, "t" + number);
    pipeline.stage("out" + number, "sink_any", {"s" + number}, "t" + number);
  }
  return pipeline;
}

TEST(Layout, WarnsWhenSpinningThreadsOutnumberCpus) {
  EXPECT_TRUE(build(spinning({{}, {}})).lines.empty());
  const Built built = build(spinning({{}, {}, {}, {}}));
  EXPECT_TRUE(built.graph);
  EXPECT_EQ(built.lines,
            Lines{"1030:1 warning: with thread \"t2\" more threads spin than the 2 usable CPUs: they "
                  "keep each other waiting (use wait: adaptive)"});
}

TEST(Layout, WarnsOfTwoSpinningThreadsOnOneCpu) {
  EXPECT_TRUE(build(spinning({{0}, {1}})).lines.empty());
  EXPECT_EQ(
      build(spinning({{1}, {1}})).lines,
      Lines{"1021:1 warning: threads \"t0\" and \"t1\" are both pinned to CPU 1, where both spin: each keeps "
            "the other waiting (pin them to different CPUs, or use wait: adaptive)"});
}

TEST(Layout, WarnsOfASpinningThreadThatSharesItsCpu) {
  Pipeline pipeline = spinning({{1}, {1}});
  pipeline.config.threads[0].wait = WaitMode::block;
  EXPECT_EQ(build(pipeline).lines,
            Lines{"1021:1 warning: threads \"t0\" and \"t1\" are both pinned to CPU 1, where \"t1\" spins: "
                  "each keeps "
                  "the other waiting (pin them to different CPUs, or use wait: adaptive)"});
  pipeline.config.threads[1].wait = WaitMode::adaptive;
  EXPECT_TRUE(build(pipeline).lines.empty());
}

TEST(Layout, DoesNotCountThreadsThatAreNotStarted) {
  Pipeline pipeline = spinning({{0}, {1}});
  pipeline.thread("idle", {1}, WaitMode::spin);
  const Built built = build(pipeline);
  EXPECT_TRUE(built.graph);
  EXPECT_EQ(built.lines,
            Lines{"1030:1 warning: thread \"idle\" has no stages and is not started (put stages on it "
                  "with thread: idle, or remove it)"});
}

TEST(Layout, WritesCpusAsRanges) {
  EXPECT_EQ(cpus_text({}), "none");
  EXPECT_EQ(cpus_text({3}), "3");
  EXPECT_EQ(cpus_text({0, 1, 2, 4, 6, 7}), "0-2,4,6-7");
}

TEST(ThisMachine, ReadsLinuxCpuLists) {
  EXPECT_EQ(parse_cpu_list("0-2,5\n"), (std::vector<unsigned>{0, 1, 2, 5}));
  EXPECT_EQ(parse_cpu_list("3,1,3"), (std::vector<unsigned>{1, 3}));
  EXPECT_TRUE(parse_cpu_list("").empty());
  EXPECT_TRUE(parse_cpu_list("x,-1,2-,0-99999999").empty());
}

TEST(ThisMachine, FindsTheCpuThatTakesTheDisksInterrupts) {
  const std::string text =
      "           CPU0       CPU1       \n"
      " 24:       9000          0  IO-APIC   5-edge      ACPI:Ged\n"
      " 31:       8000          0 PCI-MSIX  3-edge      virtio0-stats\n"
      " 40:          1        700 PCI-MSIX  1-edge      virtio1-req.0\n"
      " 41:         20         30 PCI-MSIX  1-edge      virtio2-input.0\n"
      "NMI:          5          6   Non-maskable interrupts\n"
      "ERR:          0\n";
  EXPECT_EQ(parse_interrupt_cpus(text), std::vector<unsigned>{1});
}

TEST(ThisMachine, FindsNoCpuWhereInterruptsAreSpreadOrUnknown) {
  EXPECT_TRUE(parse_interrupt_cpus("  CPU0 CPU1\n 4: 100 120 x nvme0q1\n").empty());
  EXPECT_TRUE(parse_interrupt_cpus("  CPU0\n 4: 100 x nvme0q1\n").empty());
  EXPECT_TRUE(parse_interrupt_cpus("  CPU0 CPU1\n 4: 100 0 x keyboard\n").empty());
  EXPECT_TRUE(parse_interrupt_cpus("").empty());
}

TEST(ThisMachine, HasAtLeastTheCpuThisTestRunsOn) {
  const Machine machine = this_machine();
  EXPECT_FALSE(machine.cpus_present.empty());
  ASSERT_FALSE(machine.cpus_allowed.empty());
  const auto& present = machine.cpus_present;
  for (const unsigned cpu : machine.cpus_allowed) {
    EXPECT_NE(std::find(present.begin(), present.end(), cpu), present.end()) << cpu;
  }
}

}  // namespace
