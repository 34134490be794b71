using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

// The tasks: who waits, and what each takes on its node.
public sealed partial class Scheduler
{
    private readonly Dictionary<string, TaskEntry> _tasks = [];
    private readonly Dictionary<string, ServiceLoad> _services = [];
    private ServiceLoad? _lastService;

    /// <summary>A task is new or has changed, or, when <paramref name="now"/> is null, is gone (SCH-4 to SCH-7).</summary>
    public void SetTask(SwarmTask? old, SwarmTask? now)
    {
        var id = (now ?? old ?? throw new ArgumentNullException(nameof(now))).Id;
        if (now is null || now.HasEnded())
        {
            Remove(id, now);
            if (_stopping.Remove(id))
            {
                _stopped.Remove(id);
            }
        }
        else if (now.Observed() >= TaskState.Assigned && now.NodeId.Length > 0)
        {
            Account(id, now);
        }
        else if (now.Observed() < TaskState.Assigned && now.DesiredState <= TaskState.Complete)
        {
            Enqueue(id, now);
        }
        else
        {
            NoteStop(id, now);
            Remove(id, now);
        }
    }

    private void Enqueue(string id, SwarmTask task)
    {
        ref var entry = ref EntryOf(id, task, out var isNew);
        if (ReferenceEquals(entry.Waiting, task))
        {
            return;
        }

        Release(id, ref entry);

        // The scheduler's own note why a task waits must not make it try again.
        _hasWork |= isNew || entry.Waiting is not { } known || known.DesiredState != task.DesiredState;
        StopWaiting(ref entry);
        entry.Waiting = task;
        entry.IsPreassigned = task.NodeId.Length > 0;
        Waiting++;
        if (entry.IsPreassigned)
        {
            _preassigned.Add(task);
            return;
        }

        entry.Group.Waiting.Add(task);
        if (!entry.Group.Waiting.IsListed)
        {
            entry.Group.Waiting.IsListed = true;
            _waitingGroups.Add(entry.Group);
        }
    }

    private void Account(string id, SwarmTask task)
    {
        ref var entry = ref EntryOf(id, task, out _);
        StopWaiting(ref entry);
        var isActive = task.DesiredState <= TaskState.Complete;
        var claims = TaskClaims.Of(task);
        if (entry.Node != TaskEntry.NoNode)
        {
            if (_nodes[entry.Node]!.Id == task.NodeId && entry.IsActive == isActive && TaskClaims.AreSame(entry.Claims, claims))
            {
                return;
            }

            _hasWork |= entry.IsActive && !isActive;
            Release(id, ref entry);
        }

        Place(id, ref entry, NodeOf(task.NodeId), isActive, claims);
    }

    private void Remove(string id, SwarmTask? now)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_tasks, id);
        if (Unsafe.IsNullRef(ref entry))
        {
            return;
        }

        StopWaiting(ref entry);
        var (group, node) = (entry.Group, entry.Node);
        if (node != TaskEntry.NoNode)
        {
            Release(id, ref entry);
            if (!entry.IsPreassigned && now?.Observed() is TaskState.Failed or TaskState.Rejected)
            {
                _failures.Note(group.Service, group.Version, node, now!.StateTime());
                _nodes[node]!.Failures++;
                Touch(_nodes[node]!);
            }
        }

        _tasks.Remove(id);
        Unreference(group);
        if (node != TaskEntry.NoNode)
        {
            DropIfUnused(_nodes[node]!);
        }
    }

    // One that waited here is ended by the scheduler, as nobody else would; one that was to stop before is its service's matter (SCH-2).
    private void NoteStop(string id, SwarmTask now)
    {
        if (now.DesiredState == TaskState.Shutdown && now.Observed() == TaskState.Pending
            && (_stopping.Contains(id) || (_tasks.TryGetValue(id, out var entry) && entry.Waiting is not null)))
        {
            _stopping.Add(id);
            _stopped[id] = now;
            _hasWork = true;
        }
    }

    private ref TaskEntry EntryOf(string id, SwarmTask task, out bool isNew)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_tasks, id, out var exists);
        isNew = !exists;
        if (exists && entry.Group.Service.Id == task.ServiceId && entry.Group.Includes(task))
        {
            return ref entry;
        }

        var group = ServiceOf(task.ServiceId).GroupOf(task, _volumes);
        group.References++;
        if (exists)
        {
            // What it takes is counted by its group.
            Release(id, ref entry);
            var old = entry.Group;
            StopWaiting(ref entry);
            Unreference(old);
        }
        else
        {
            entry.Node = TaskEntry.NoNode;
        }

        entry.Group = group;
        return ref entry;
    }

    // Tasks of one service come one after the other.
    private ServiceLoad ServiceOf(string id)
    {
        if (_lastService?.Id != id && !_services.TryGetValue(id, out _lastService))
        {
            _services.Add(id, _lastService = new ServiceLoad(id));
        }

        return _lastService!;
    }

    private void StopWaiting(ref TaskEntry entry)
    {
        if (entry.Waiting is null)
        {
            return;
        }

        entry.Waiting = null;
        Waiting--;
        if (!entry.IsPreassigned)
        {
            entry.Group.Waiting.Count--;
        }
    }

    private void Place(string id, ref TaskEntry entry, NodeLoad node, bool isActive, TaskClaims? claims)
    {
        entry.Node = node.Index;
        entry.IsActive = isActive;
        entry.Claims = claims;
        node.Add(entry.Group, isActive, claims?.Generic);
        if (isActive)
        {
            entry.Group.Service.Add(node.Index);
        }

        foreach (var volume in claims?.Volumes ?? [])
        {
            var isReadOnly = entry.Group.VolumeMounts?.FirstOrDefault(m => m.Target == volume.Target)?.Readonly ?? false;
            _volumes.Reserve(volume.Id, id, node.Id, isReadOnly);
        }

        Touch(node);
    }

    private void Release(string id, ref TaskEntry entry)
    {
        if (entry.Node == TaskEntry.NoNode)
        {
            return;
        }

        var node = _nodes[entry.Node]!;
        node.Subtract(entry.Group, entry.IsActive, entry.Claims?.Generic);
        if (entry.IsActive)
        {
            entry.Group.Service.Subtract(node.Index);
        }

        if (entry.Claims is { Volumes.Count: > 0 } claims)
        {
            foreach (var volume in claims.Volumes)
            {
                _volumes.Release(volume.Id, id);
            }

            RetryPreassigned();
        }

        entry.Node = TaskEntry.NoNode;
        entry.Claims = null;
        _hasWork = true;
        Touch(node);
    }

    private void Unreference(PlacementGroup group)
    {
        if (--group.References == 0)
        {
            group.Service.Remove(group);
            DropIfUnused(group.Service);
        }
    }

    private void DropIfUnused(ServiceLoad service)
    {
        if (service.IsEmpty)
        {
            _services.Remove(service.Id);
            _lastService = null;
            service.FreeOrder();
        }
    }
}
