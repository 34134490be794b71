namespace SwarmOrleans.Contracts;

public sealed partial class Node : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.Node;
}

public sealed partial class Service : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.Service;
}

public sealed partial class SwarmTask : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.Task;
}

public sealed partial class Network : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.Network;
}

public sealed partial class Cluster : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.Cluster;
}

public sealed partial class Secret : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.Secret;
}

public sealed partial class Resource : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.Resource;
}

public sealed partial class Extension : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.Extension;
}

public sealed partial class Config : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.Config;
}

public sealed partial class Volume : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.Volume;
}

public sealed partial class Manager : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.Manager;
}

public sealed partial class NodeSession : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.NodeSession;
}

public sealed partial class ServiceProgress : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.ServiceProgress;
}

public sealed partial class SiloMember : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.SiloMember;
}

public sealed partial class SiloTable : IStoreObject
{
    ObjectKind IStoreObject.Kind => ObjectKind.SiloTable;
}
