using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Decides where tasks go. It is fed with changes and keeps what it needs, so that a decision looks neither at tasks that are placed already nor,
/// unless a task asks for something special, at more than a few nodes. Not safe for concurrent use.
/// </summary>
public sealed partial class Scheduler
{
    private readonly List<PlacementGroup> _waitingGroups = [];
    private readonly VolumeSet _volumes = new();
    private readonly FailureMemory _failures = new();
    private readonly Dictionary<string, SwarmTask> _stopped = [];
    private readonly HashSet<string> _stopping = [];
    private List<SwarmTask> _preassigned = [];
    private bool _isPackingDefault;
    private bool _hasWork;

    /// <summary>Knows of no node and no task yet.</summary>
    public Scheduler() => _picker = new NodePicker(_nodes, _log);

    /// <summary>True when something has changed since the last <see cref="Plan"/> that may let a waiting task be placed, or tell it another reason.</summary>
    public bool HasWork => _hasWork && (Waiting > 0 || _stopped.Count > 0);

    /// <summary>Number of tasks that wait for a node, or for their node to be confirmed.</summary>
    public int Waiting { get; private set; }

    /// <summary>The cluster's settings: how services that do not say so are placed.</summary>
    public void SetCluster(Cluster? now)
    {
        var isPacking = now?.Spec?.PlacementStrategy == Placement.Types.Strategy.Binpack;
        _hasWork |= isPacking != _isPackingDefault;
        _isPackingDefault = isPacking;
    }

    /// <summary>A cluster volume is new or has changed, or, when <paramref name="now"/> is null, is gone (SCH-9).</summary>
    public void SetVolume(string id, Volume? now)
    {
        _volumes.Set(id, now);
        _hasWork = true;
        RetryPreassigned();
    }

    /// <summary>Volumes to be stored: what no task uses any more is to be unpublished from its node (SCH-27).</summary>
    public IReadOnlyList<Volume> TakeFreedVolumes() => _volumes.TakeFreed();

    /// <summary>A decision was not committed: the task is decided on again.</summary>
    public void Undo(PlacementDecision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        var task = decision.Task;
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_tasks, task.Id);
        if (decision.Outcome == PlacementOutcome.Stopped)
        {
            _ = _stopping.Contains(task.Id) && _stopped.TryAdd(task.Id, task);
        }
        else if (Unsafe.IsNullRef(ref entry))
        {
            return;
        }
        else if (decision.Node is null && entry.IsPreassigned)
        {
            _preassigned.Add(task);
        }
        else if (decision.Node is null)
        {
            entry.Group.Waiting.Told = 0;
        }
        else if (entry.Node != TaskEntry.NoNode && _nodes[entry.Node]!.Id == decision.Node.Id)
        {
            Enqueue(task.Id, task);
        }

        _hasWork = true;
    }
}
