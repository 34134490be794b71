using Google.Protobuf;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Applying;

/// <summary>Objects to bytes and back, by kind.</summary>
internal static class ObjectCodec
{
    /// <exception cref="InvalidDataException">The kind is not known to this version.</exception>
    public static IStoreObject Parse(ObjectKind kind, ByteString content) => kind switch
    {
        ObjectKind.Node => Node.Parser.ParseFrom(content),
        ObjectKind.Service => Service.Parser.ParseFrom(content),
        ObjectKind.Task => SwarmTask.Parser.ParseFrom(content),
        ObjectKind.Network => Network.Parser.ParseFrom(content),
        ObjectKind.Cluster => Cluster.Parser.ParseFrom(content),
        ObjectKind.Secret => Secret.Parser.ParseFrom(content),
        ObjectKind.Resource => Resource.Parser.ParseFrom(content),
        ObjectKind.Extension => Contracts.Extension.Parser.ParseFrom(content),
        ObjectKind.Config => Config.Parser.ParseFrom(content),
        ObjectKind.Volume => Volume.Parser.ParseFrom(content),
        ObjectKind.Manager => Manager.Parser.ParseFrom(content),
        ObjectKind.NodeSession => NodeSession.Parser.ParseFrom(content),
        ObjectKind.ServiceProgress => ServiceProgress.Parser.ParseFrom(content),
        ObjectKind.SiloMember => SiloMember.Parser.ParseFrom(content),
        ObjectKind.SiloTable => SiloTable.Parser.ParseFrom(content),
        _ => throw new InvalidDataException($"object kind {(int)kind} is not known to this version"),
    };

    /// <summary>The parts that all tasks of one version of a service have in common.</summary>
    public static LogTaskParts PartsOf(SwarmTask task) =>
        new() { Spec = task.Spec, ServiceAnnotations = task.ServiceAnnotations, Endpoint = task.Endpoint };

    public static void CopyParts(SwarmTask from, SwarmTask to)
    {
        to.Spec = from.Spec;
        to.ServiceAnnotations = from.ServiceAnnotations;
        to.Endpoint = from.Endpoint;
    }

    /// <summary>A task of its own that shares its messages with <paramref name="task"/>: for replacing whole fields only.</summary>
    public static SwarmTask ShallowCopy(SwarmTask task)
    {
        var copy = WithoutParts(task);
        copy.Meta = task.Meta;
        CopyParts(task, copy);
        return copy;
    }

    /// <summary>What is the task's alone; the store sets meta by itself.</summary>
    public static SwarmTask WithoutParts(SwarmTask task)
    {
        var copy = new SwarmTask
        {
            Id = task.Id,
            SpecVersion = task.SpecVersion,
            ServiceId = task.ServiceId,
            Slot = task.Slot,
            NodeId = task.NodeId,
            Annotations = task.Annotations,
            Status = task.Status,
            DesiredState = task.DesiredState,
            LogDriver = task.LogDriver,
            JobIteration = task.JobIteration,
        };
        copy.Networks.AddRange(task.Networks);
        copy.AssignedGenericResources.AddRange(task.AssignedGenericResources);
        copy.Volumes.AddRange(task.Volumes);
        return copy;
    }
}
