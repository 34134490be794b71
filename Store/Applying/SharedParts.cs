using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store.Applying;

/// <summary>Gives tasks back the parts that were left out of their encoding, as references that all tasks of a service share.</summary>
internal sealed class SharedParts(IReadOnlyList<LogTaskParts> parts, TableDraft draft)
{
    private readonly List<bool> _shared = [];

    /// <summary>
    /// Completes a parsed task. <paramref name="reference"/> is one more than the index of its parts, 0 when it is whole, -1 when the
    /// stored task's parts stay.
    /// </summary>
    public void Restore(SwarmTask task, int reference, SwarmTask? stored)
    {
        if (reference < 0)
        {
            ObjectCodec.CopyParts(stored ?? throw new InvalidDataException($"task {task.Id} keeps the parts of a task that is not there"), task);
        }
        else if (reference > 0)
        {
            var from = parts[reference - 1];
            ShareWithService(reference - 1, from, task.ServiceId);
            task.Spec = from.Spec;
            task.ServiceAnnotations = from.ServiceAnnotations;
            task.Endpoint = from.Endpoint;
        }

        InternIds(task, stored);
    }

    private void ShareWithService(int index, LogTaskParts from, string serviceId)
    {
        while (_shared.Count <= index)
        {
            _shared.Add(false);
        }

        if (_shared[index])
        {
            return;
        }

        _shared[index] = true;
        if (draft.Find(ObjectKind.Service, serviceId).Open() is not Service { Spec: { } spec })
        {
            return;
        }

        if (Equals(spec.Task, from.Spec))
        {
            from.Spec = spec.Task;
        }

        if (Equals(spec.Annotations, from.ServiceAnnotations))
        {
            from.ServiceAnnotations = spec.Annotations;
        }
    }

    /// <summary>Gives the status the strings that others of its kind already hold.</summary>
    public static void Share(SwarmTaskStatus status)
    {
        status.Message = StringPool.Shared(status.Message);
        status.AppliedBy = StringPool.Shared(status.AppliedBy);
    }

    private void InternIds(SwarmTask task, SwarmTask? stored)
    {
        if (stored is not null)
        {
            task.Id = stored.Id;
            task.SpecVersion = Equals(stored.SpecVersion, task.SpecVersion) ? stored.SpecVersion : task.SpecVersion;
            task.ServiceId = stored.ServiceId == task.ServiceId ? stored.ServiceId : task.ServiceId;
        }
        else if (draft.Find(ObjectKind.Service, task.ServiceId).Open() is { } service)
        {
            task.ServiceId = service.Id;
        }

        if (task.NodeId.Length > 0 && draft.Find(ObjectKind.Node, task.NodeId).Open() is { } node)
        {
            task.NodeId = node.Id;
        }

        if (task.Status is { } status)
        {
            Share(status);
        }
    }
}
