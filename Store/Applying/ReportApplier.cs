using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Applying;

/// <summary>
/// Accepts task states that a node reported, item by item: the task must be on that node, the session must be the node's, and a state never
/// goes back (TM-1). It checks no version, so that agents, reconcilers and the scheduler do not conflict over one task.
/// </summary>
internal static class ReportApplier
{
    public static CommitResult Apply(CommandApplier applier, LogStatusReport report, string origin, Timestamp time)
    {
        applier.Begin();
        if (applier.Find(ObjectKind.NodeSession, report.NodeId) is not NodeSession session || session.SessionId != report.SessionId)
        {
            return new CommitResult(CommitOutcome.Conflict, 0, Conflicts.OutOfSequence(ObjectKind.NodeSession, report.NodeId));
        }

        foreach (var item in report.Items)
        {
            if (applier.Find(ObjectKind.Task, item.TaskId) is SwarmTask task && Accepts(task, report.NodeId, item.Status))
            {
                var changed = ObjectCodec.ShallowCopy(task);
                changed.Status = item.Status.Clone();
                changed.Status.AppliedBy = origin;
                changed.Status.AppliedAt = time;
                SharedParts.Share(changed.Status);
                applier.Replace(task, changed, time);
            }
        }

        return applier.Accept();
    }

    private static bool Accepts(SwarmTask task, string nodeId, SwarmTaskStatus status)
    {
        if (task.NodeId != nodeId || status is null || (task.Status is { } stored && status.State < stored.State))
        {
            return false;
        }

        // A repeated report of what is known must not wake anyone.
        return task.Status is null || status.State != task.Status.State || status.Message != task.Status.Message || status.Err != task.Status.Err
            || !Equals(status.Container, task.Status.Container) || !Equals(status.PortStatus, task.Status.PortStatus);
    }
}
