// The planted bugs: in which zoo program each is, and which tests must see it.
#pragma once

#include <array>
#include <string_view>

namespace tickweir::zoo {

struct Bug {
  std::string_view program;
  std::string_view name;   // in the source: TICKWEIR_BUG("...")
  std::string_view tests;  // a filter of GoogleTest's
};

inline constexpr std::string_view segment_suites = "SegmentLog.*";
inline constexpr std::string_view snapshot_suites = "*Snapshot*";

inline constexpr std::array bugs{
    // The default back end.
    Bug{"zoo_wal_segment", "unbound block", segment_suites},
    Bug{"zoo_wal_segment", "unchained block", segment_suites},
    Bug{"zoo_wal_segment", "gap passed over", segment_suites},
    Bug{"zoo_wal_segment", "damage cut as torn", segment_suites},
    Bug{"zoo_wal_segment", "new segment not synced", segment_suites},
    Bug{"zoo_wal_segment", "segment name not synced", segment_suites},
    Bug{"zoo_wal_segment", "refused append stays", segment_suites},
    Bug{"zoo_wal_segment", "sync does nothing", segment_suites},
    Bug{"zoo_wal_segment", "sync vouches for later appends", segment_suites},
    Bug{"zoo_wal_segment", "sync retried", segment_suites},
    Bug{"zoo_wal_segment", "segment not sealed", segment_suites},
    Bug{"zoo_wal_segment", "no lock", segment_suites},
    Bug{"zoo_wal_segment", "missing segment passed over", segment_suites},
    Bug{"zoo_wal_segment", "torn end stays", segment_suites},
    Bug{"zoo_wal_segment", "torn copy replaced", segment_suites},
    Bug{"zoo_wal_segment", "writing taken for damage", segment_suites},
    Bug{"zoo_wal_segment", "recovery not synced", segment_suites},
    Bug{"zoo_wal_segment", "segment left unsynced", segment_suites},
    Bug{"zoo_wal_segment", "zeros are the end", segment_suites},
    Bug{"zoo_wal_segment", "version ignored", segment_suites},
    Bug{"zoo_wal_segment", "folder not synced between drops", segment_suites},
    Bug{"zoo_wal_segment", "drops go on behind one that is not durable", segment_suites},
    Bug{"zoo_wal_segment", "synced mark ignored", segment_suites},
    Bug{"zoo_wal_segment", "torn end taken for damage", segment_suites},
    Bug{"zoo_wal_segment", "rot taken for an older segment", segment_suites},
    Bug{"zoo_wal_segment", "append goes on after a failed sync", segment_suites},
    // The files of snapshots.
    Bug{"zoo_snapshots", "snapshot not synced", snapshot_suites},
    Bug{"zoo_snapshots", "snapshot name not synced", snapshot_suites},
    Bug{"zoo_snapshots", "short write passed over", snapshot_suites},
    Bug{"zoo_snapshots", "chunks not chained", snapshot_suites},
    Bug{"zoo_snapshots", "more behind the end", snapshot_suites},
    // The runtime: what is durable, what is told, what comes again.
    Bug{"zoo_engine", "durable before the sync", "*.TellNobodyBeforeTheSyncHasReturned/*"},
    Bug{"zoo_engine", "durable sequence too high", "*.StoreWhatPassesUnderRisingNumbers/*"},
    Bug{"zoo_engine", "sync error ignored", "*.EndTheRunWhenASyncFails*"},
    Bug{"zoo_engine", "sync tried again", "*.EndTheRunWhenASyncFails*"},
    Bug{"zoo_engine", "settled after a failure", "*.EndTheRunWhenAnAppendFails/*"},
    Bug{"zoo_engine", "idle log not confirmed", "*.SyncOnceMoreWhenIdle*"},
    Bug{"zoo_engine", "no sync while draining", "*.SettleWhatIsUnderWayAtAStop*"},
    Bug{"zoo_engine", "refusals settled first", "*.SettleWhatIsUnderWayAtAStop*"},
    Bug{"zoo_engine", "refused events stored", "*.SettleRefusedEvents*"},
    Bug{"zoo_engine", "os believed", "*.SyncInOsWhatDoesNotOutliveTheProcess/*"},
    Bug{"zoo_engine", "group without a bound", "*.KeepGroupsWithinTheirBound/*"},
    Bug{"zoo_engine", "full disk passed over", "*.WaitWhileTheDiskIsFull*"},
    Bug{"zoo_engine", "full log keeps all", "*.DropWhatASnapshotHasReleased*"},
    Bug{"zoo_engine", "released before durable", "*.LetNothingOutWhenNothingIsDurable/*"},
    Bug{"zoo_engine", "second log does not wait", "*.LetNothingOutWhenNothingIsDurable/*"},
    Bug{"zoo_engine", "second log not compared", "*.RefuseASecondLog*"},
    Bug{"zoo_engine", "second log ahead of the first", "*.RefuseAFirstLogThatLostItsEnd*"},
    Bug{"zoo_engine", "numbers begin again", "*.GoOnAfterARestart*"},
    Bug{"zoo_engine", "replay from the wrong event", "*.GoOnAfterARestart*"},
    Bug{"zoo_engine", "no replay", "*.GoOnAfterARestart*"},
    Bug{"zoo_engine", "nothing recovered", "*.GoOnAfterARestart*"},
    Bug{"zoo_engine", "sources go on in the replay", "*.GoOnAfterARestart*"},
    // Snapshots.
    Bug{"zoo_engine", "thread leaves before the run drains", "*EndedSource.*"},
    Bug{"zoo_engine", "rest of a log shown as all of it", "*Snapshots.AreNotEnoughForAStage*"},
    Bug{"zoo_engine", "snapshot amid the replay", "*Snapshots.AreNotTakenAmidTheReplay*"},
    Bug{"zoo_engine", "another log's snapshot", "*Snapshots.OfAnotherLog*"},
    Bug{"zoo_engine", "log that is away not missed", "*Snapshots.OfAnotherLog*"},
    Bug{"zoo_engine", "snapshot ahead of the log", "*Snapshots.OfALogThatLostItsEnd*"},
    Bug{"zoo_engine", "another history's snapshot", "*Snapshots.OfALogThatWentOnOtherwise*"},
    Bug{"zoo_engine", "misfits removed", "*Snapshots.OfALogThatWentOnOtherwise*"},
    Bug{"zoo_engine", "states not loaded", "*Snapshots.AreGoneOnFrom/*"},
    Bug{"zoo_engine", "shown what the snapshot holds", "*Snapshots.AreGoneOnFrom/*"},
    Bug{"zoo_engine", "second log begins again after a snapshot", "*Snapshots.AreGoneOnFrom/*"},
    Bug{"zoo_engine", "older snapshot removed", "*Snapshots.ThatAreDamaged*"},
    Bug{"zoo_engine", "log dropped up to the newest snapshot", "*Snapshots.LetLogsDrop*"},
    Bug{"zoo_engine", "child allocates", "*Snapshots.AreGoneOnFrom/*"},
    Bug{"zoo_engine", "child keeps sockets", "*Snapshots.AreSavedWithout*"},
    Bug{"zoo_engine", "child takes signals", "*Snapshots.AreSavedWithout*"},
    Bug{"zoo_engine", "gathers while all shall rest", "*Snapshots.HaveALogStoreWhatItGathers/*"},
    Bug{"zoo_engine", "one shard after the other", "Shards.GiveTheSameBytesHowever*"},
    Bug{"zoo_engine", "time goes back", "*.StoreTimesThatNeverGoBack/*"},
    Bug{"zoo_engine", "drained behind a log", "*.KeepWhatAStageAfterThemHolds*"},
    Bug{"zoo_engine", "drain drops what is open", "Engine.DrainsWhatAStageHolds"},
    Bug{"zoo_engine", "queue without a bound", "Parts/StandingStill.*"},
    // What is read.
    Bug{"zoo_config", "alias accepted", "*Broken*"},
    // What comes twice, and what may not come at all.
    Bug{"zoo_filter_dedup", "window without an end", "DedupStage.RefusesANumberBelow*"},
    Bug{"zoo_filter_dedup", "age by the event at hand", "DedupStage.CountsAnAge*"},
    Bug{"zoo_filter_dedup", "dedup recovers nothing", "DedupStage.TakesWhatIsInTheLog*"},
    Bug{"zoo_filter_dedup", "dedup loads nothing", "DedupStage.GoesOnFromItsSavedState*"},
    Bug{"zoo_source_tcp", "length believed", "HostilePeer.MayNotSendMoreThanAFrame*"},
    Bug{"zoo_source_tcp", "short event accepted", "HostilePeer.MayNotSendLessThanItsTypeNeeds"},
    Bug{"zoo_source_tcp", "number of another client accepted", "HostilePeer.MayNotUseTheNumbers*"},
    Bug{"zoo_source_tcp", "number accepted twice", "HostilePeer.MayNotUseANumberTwice"},
    Bug{"zoo_source_tcp", "cut frame is the end", "HostilePeer.ThatLeavesAmidItsFirstFrame*"},
    Bug{"zoo_source_tcp", "any token will do", "HostilePeer.NeedsTheToken*"},
    Bug{"zoo_source_tcp", "reply without room forgotten", "HostilePeer.ThatTakesNoRefusals*"},
    Bug{"zoo_source_tcp", "acknowledged when received", "SourceTcp.AcknowledgesOnceARound*"},
    Bug{"zoo_source_tcp", "acknowledged again", "SourceTcp.AcknowledgesOnceARound*"},
    Bug{"zoo_source_tcp", "connections mixed up", "SourceTcp.AnswersForEventsOfALost*"},
    Bug{"zoo_source_tcp", "clients forgotten", "SourceTcp.RemembersWhatTheLogHolds*"},
    Bug{"zoo_source_tcp", "who was connected is forgotten", "CancelOnDisconnect.ComesFirstAfterARestart*"},
    Bug{"zoo_source_tcp", "saved in order of arrival", "SourceTcp.SavesTheSameBytes*"},
    // What follows from the log must follow from nothing else.
    Bug{"zoo_transform_order_book", "address in match_id", "OrderBookStage.NumbersMatches*"},
    Bug{"zoo_transform_order_book", "match ids begin again", "BookState.GoesOn*"},
    Bug{"zoo_transform_order_book", "best prices told again", "BookState.GoesOn*"},
    Bug{"zoo_transform_order_book", "what is hidden not saved", "BookState.GoesOn*"},
    Bug{"zoo_transform_order_book", "time stands still", "OrderBookStage.LetsOrdersEnd*"},
    Bug{"zoo_transform_bundle", "bundle ids begin again", "Bundle.GoesOn*"},
    Bug{"zoo_transform_bundle", "open bundle not saved", "Bundle.GoesOn*"},
    Bug{"zoo_transform_bundle", "delay since the last item", "Bundle.ClosesBeforeAnEvent*"},
};

}  // namespace tickweir::zoo
