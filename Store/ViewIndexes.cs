using System.Globalization;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store;

/// <summary>Tasks by what they belong to; each query costs what it returns.</summary>
public readonly struct TaskIndex
{
    private readonly StoreView _view;

    internal TaskIndex(StoreView view) => _view = view;

    /// <summary>Tasks that still need allocation or placement: NEW to PENDING and not meant to stop.</summary>
    public IReadOnlyCollection<SwarmTask> Unsettled => _view.ByIndex<SwarmTask>(IndexName.TaskUnsettled, IndexKeys.All);

    /// <summary>Tasks of a service, all slots and all ages.</summary>
    public IReadOnlyCollection<SwarmTask> OfService(string serviceId) => _view.ByIndex<SwarmTask>(IndexName.TaskByService, serviceId);

    /// <summary>Tasks on a node.</summary>
    public IReadOnlyCollection<SwarmTask> OfNode(string nodeId) => _view.ByIndex<SwarmTask>(IndexName.TaskByNode, nodeId);

    /// <summary>Tasks of one slot of a service, the history included.</summary>
    public IReadOnlyCollection<SwarmTask> InSlot(string serviceId, ulong slot) =>
        _view.ByIndex<SwarmTask>(IndexName.TaskBySlot, IndexKeys.Slot(serviceId, slot));

    /// <summary>Tasks that belong to no service.</summary>
    public IReadOnlyCollection<SwarmTask> WithoutService() => _view.ByIndex<SwarmTask>(IndexName.TaskWithoutService, IndexKeys.All);

    /// <summary>Tasks whose spec names the secret.</summary>
    public IReadOnlyCollection<SwarmTask> ReferencingSecret(string id) => _view.ByIndex<SwarmTask>(IndexName.TaskBySecret, id);

    /// <summary>Tasks whose spec names the config.</summary>
    public IReadOnlyCollection<SwarmTask> ReferencingConfig(string id) => _view.ByIndex<SwarmTask>(IndexName.TaskByConfig, id);

    /// <summary>Tasks attached to the network.</summary>
    public IReadOnlyCollection<SwarmTask> ReferencingNetwork(string id) => _view.ByIndex<SwarmTask>(IndexName.TaskByNetwork, id);

    /// <summary>Tasks attached to the network that run or are meant to.</summary>
    public IReadOnlyCollection<SwarmTask> UsingNetwork(string id) => _view.ByIndex<SwarmTask>(IndexName.TaskUsingNetwork, id);
}

/// <summary>Services by what they refer to.</summary>
public readonly struct ServiceIndex
{
    private readonly StoreView _view;

    internal ServiceIndex(StoreView view) => _view = view;

    /// <summary>Services whose spec names the secret.</summary>
    public IReadOnlyCollection<Service> ReferencingSecret(string id) => _view.ByIndex<Service>(IndexName.ServiceBySecret, id);

    /// <summary>Services whose spec names the config.</summary>
    public IReadOnlyCollection<Service> ReferencingConfig(string id) => _view.ByIndex<Service>(IndexName.ServiceByConfig, id);

    /// <summary>Services whose spec names the network.</summary>
    public IReadOnlyCollection<Service> ReferencingNetwork(string id) => _view.ByIndex<Service>(IndexName.ServiceByNetwork, id);

    /// <summary>Services that hold the key: one of <see cref="StoreKeys"/>.</summary>
    public IReadOnlyCollection<Service> HoldingKey(string key) => _view.ByIndex<Service>(IndexName.HolderOfKey, key);

    /// <summary>Services with one task per node: global ones and global jobs.</summary>
    public IReadOnlyCollection<Service> PerNode => _view.ByIndex<Service>(IndexName.ServicePerNode, IndexKeys.All);

    /// <summary>Services that move their tasks towards balance by themselves.</summary>
    public IReadOnlyCollection<Service> Rebalancing => _view.ByIndex<Service>(IndexName.ServiceRebalancing, IndexKeys.All);
}

/// <summary>Nodes by role and membership.</summary>
public readonly struct NodeIndex
{
    private readonly StoreView _view;

    internal NodeIndex(StoreView view) => _view = view;

    /// <summary>Nodes whose observed role is <paramref name="role"/>.</summary>
    public IReadOnlyCollection<Node> WithRole(NodeRole role) =>
        _view.ByIndex<Node>(IndexName.NodeByRole, ((int)role).ToString(CultureInfo.InvariantCulture));

    /// <summary>Nodes with that membership.</summary>
    public IReadOnlyCollection<Node> WithMembership(NodeSpec.Types.Membership membership) =>
        _view.ByIndex<Node>(IndexName.NodeByMembership, ((int)membership).ToString(CultureInfo.InvariantCulture));
}

/// <summary>Sessions by the manager that serves them.</summary>
public readonly struct SessionIndex
{
    private readonly StoreView _view;

    internal SessionIndex(StoreView view) => _view = view;

    /// <summary>Sessions that the manager serves.</summary>
    public IReadOnlyCollection<NodeSession> OfManager(string managerId) => _view.ByIndex<NodeSession>(IndexName.SessionByManager, managerId);
}
