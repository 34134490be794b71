using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control.Watching;

/// <summary>The kinds of objects that a watch can show, and how it shows them.</summary>
internal static class WatchKinds
{
    /// <summary>The kind of that name; any other word is a kind of resources.</summary>
    public static ObjectKind Parse(string name) => name switch
    {
        "node" => ObjectKind.Node,
        "service" => ObjectKind.Service,
        "task" => ObjectKind.Task,
        "network" => ObjectKind.Network,
        "cluster" => ObjectKind.Cluster,
        "secret" => ObjectKind.Secret,
        "config" => ObjectKind.Config,
        "extension" => ObjectKind.Extension,
        "volume" => ObjectKind.Volume,
        _ => ObjectKind.Resource,
    };

    /// <summary>The object as a watcher sees it: a secret without its data, a cluster without its keys.</summary>
    public static StoreObject Show(IStoreObject item) => item switch
    {
        Node node => new StoreObject { Node = node },
        Service service => new StoreObject { Service = service },
        SwarmTask task => new StoreObject { Task = task },
        Network network => new StoreObject { Network = network },
        Cluster cluster => new StoreObject { Cluster = Clusters.Redact(cluster) },
        Secret secret => new StoreObject { Secret = Secrets.Redact(secret) },
        Config config => new StoreObject { Config = config },
        Extension extension => new StoreObject { Extension = extension },
        Volume volume => new StoreObject { Volume = volume },
        Resource resource => new StoreObject { Resource = resource },
        _ => throw new ArgumentException($"{item.Kind} is not for watchers", nameof(item)),
    };

    /// <summary>Annotations, in which custom indices are.</summary>
    public static Annotations? AnnotationsOf(IStoreObject item) => item switch
    {
        Node node => node.Spec?.Annotations,
        Service service => service.Spec?.Annotations,
        SwarmTask task => task.Annotations,
        Network network => network.Spec?.Annotations,
        Cluster cluster => cluster.Spec?.Annotations,
        Secret secret => secret.Spec?.Annotations,
        Config config => config.Spec?.Annotations,
        Extension extension => extension.Annotations,
        Volume volume => volume.Spec?.Annotations,
        Resource resource => resource.Annotations,
        _ => null,
    };
}
