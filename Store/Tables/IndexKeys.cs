using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Tables;

/// <summary>Under which keys of which indexes an object is found.</summary>
internal static class IndexKeys
{
    /// <summary>The one key of an index that is a set.</summary>
    public const string All = "*";

    public static string Slot(string serviceId, ulong slot) => $"{serviceId}/{slot}";

    public static void Collect(IStoreObject item, List<(IndexName Index, string Key)> keys)
    {
        keys.Clear();
        switch (item)
        {
            case SwarmTask task:
                CollectTask(task, keys);
                break;
            case Service service:
                CollectReferences(service.Spec?.Task, keys, IndexName.ServiceBySecret, IndexName.ServiceByConfig);
                CollectNetworks(service, keys);
                CollectPorts(service, keys);
                CollectAddresses(service, keys);
                if (service.Spec?.ModeCase is ServiceSpec.ModeOneofCase.Global or ServiceSpec.ModeOneofCase.GlobalJob)
                {
                    keys.Add((IndexName.ServicePerNode, All));
                }

                if (service.Spec?.Rebalance is not null)
                {
                    keys.Add((IndexName.ServiceRebalancing, All));
                }

                break;
            case Network network:
                if (network.Spec?.Ingress == true)
                {
                    keys.Add((IndexName.HolderOfKey, StoreKeys.IngressNetwork));
                }

                NetworkKeys.Of(network).ToList().ForEach(key => AddOnce(keys, IndexName.HolderOfKey, key));
                break;
            case Resource resource:
                keys.Add((IndexName.ResourceByKind, resource.Kind));
                break;
            case Node node:
                CollectAddresses(node, keys);
                keys.Add((IndexName.NodeByRole, ((int)node.Role).ToString(System.Globalization.CultureInfo.InvariantCulture)));
                keys.Add((IndexName.NodeByMembership, ((int)(node.Spec?.Membership ?? 0)).ToString(System.Globalization.CultureInfo.InvariantCulture)));
                break;
            case NodeSession session:
                keys.Add((IndexName.SessionByManager, session.ManagerId));
                break;
        }
    }

    private static void CollectTask(SwarmTask task, List<(IndexName Index, string Key)> keys)
    {
        if (task.ServiceId.Length == 0)
        {
            keys.Add((IndexName.TaskWithoutService, All));
        }
        else
        {
            keys.Add((IndexName.TaskByService, task.ServiceId));
            keys.Add((IndexName.TaskBySlot, Slot(task.ServiceId, task.Slot)));
        }

        if (task.NodeId.Length > 0)
        {
            keys.Add((IndexName.TaskByNode, task.NodeId));
        }

        if ((task.Status?.State ?? TaskState.New) < TaskState.Assigned && task.DesiredState <= TaskState.Complete)
        {
            keys.Add((IndexName.TaskUnsettled, All));
        }

        CollectReferences(task.Spec, keys, IndexName.TaskBySecret, IndexName.TaskByConfig);
        var isAlive = (task.Status?.State ?? TaskState.New) <= TaskState.Running && task.DesiredState <= TaskState.Running;
        foreach (var network in task.Networks)
        {
            AddOnce(keys, IndexName.TaskByNetwork, network.Network?.Id);
            if (isAlive)
            {
                AddOnce(keys, IndexName.TaskUsingNetwork, network.Network?.Id);
            }
        }

        if (task.Networks.Count > 0)
        {
            CollectAddresses(task, keys);
        }
    }

    private static void CollectAddresses(IStoreObject item, List<(IndexName Index, string Key)> keys)
    {
        foreach (var (networkId, address) in HeldAddresses.Of(item))
        {
            AddOnce(keys, IndexName.HolderOfKey, StoreKeys.Address(networkId, address));
        }
    }

    private static void CollectPorts(Service service, List<(IndexName Index, string Key)> keys)
    {
        foreach (var port in (service.Spec?.Endpoint?.Ports ?? []).Concat(service.Endpoint?.Ports ?? []))
        {
            if (port.PublishedPort != 0)
            {
                AddOnce(keys, IndexName.HolderOfKey, StoreKeys.PublishedPort(port.PublishMode, port.Protocol, port.PublishedPort));
            }

            if (port.PublishMode == PortConfig.Types.PublishMode.Ingress)
            {
                AddOnce(keys, IndexName.HolderOfKey, StoreKeys.UseOfIngress);
            }
        }
    }

    private static void CollectReferences(TaskSpec? spec, List<(IndexName Index, string Key)> keys, IndexName secrets, IndexName configs)
    {
        if (spec?.Container is not { } container)
        {
            return;
        }

        foreach (var secret in container.Secrets)
        {
            AddOnce(keys, secrets, secret.SecretId);
        }

        foreach (var config in container.Configs)
        {
            AddOnce(keys, configs, config.ConfigId);
        }
    }

    private static void CollectNetworks(Service service, List<(IndexName Index, string Key)> keys)
    {
        foreach (var network in service.Spec?.Task?.Networks ?? [])
        {
            AddOnce(keys, IndexName.ServiceByNetwork, network.Target);
        }

#pragma warning disable CS0612 // Old clients still name networks here.
        foreach (var network in service.Spec?.Networks ?? [])
#pragma warning restore CS0612
        {
            AddOnce(keys, IndexName.ServiceByNetwork, network.Target);
        }
    }

    private static void AddOnce(List<(IndexName Index, string Key)> keys, IndexName index, string? key)
    {
        if (!string.IsNullOrEmpty(key) && !keys.Contains((index, key)))
        {
            keys.Add((index, key));
        }
    }
}
