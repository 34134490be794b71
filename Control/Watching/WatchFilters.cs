using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using By = SwarmOrleans.Contracts.SelectBy.ByOneofCase;

namespace SwarmOrleans.Control.Watching;

/// <summary>What one filter of a watch asks of an object.</summary>
internal static class WatchFilters
{
    /// <exception cref="UseCaseException">Objects of that kind cannot be told apart by it.</exception>
    public static Func<IStoreObject, bool> Create(ObjectKind kind, string kindName, SelectBy filter)
    {
        switch (filter.ByCase)
        {
            case By.Id:
                return item => item.Id == filter.Id;
            case By.IdPrefix:
                return item => item.Id.StartsWith(filter.IdPrefix, StringComparison.Ordinal);
            case By.Name:
                return item => DisplayNames.Of(item).Equals(filter.Name, StringComparison.OrdinalIgnoreCase);
            case By.NamePrefix:
                return item => DisplayNames.Of(item).StartsWith(filter.NamePrefix, StringComparison.OrdinalIgnoreCase);
            case By.Custom:
                return item => HasIndex(item, filter.Custom, (value, wanted) => value == wanted);
            case By.CustomPrefix:
                return item => HasIndex(item, filter.CustomPrefix, (value, wanted) => value.StartsWith(wanted, StringComparison.Ordinal));
        }

        return (kind, filter.ByCase) switch
        {
            (ObjectKind.Task, By.ServiceId) => item => ((SwarmTask)item).ServiceId == filter.ServiceId,
            (ObjectKind.Task, By.NodeId) => item => ((SwarmTask)item).NodeId == filter.NodeId,
            (ObjectKind.Task, By.Slot) => item => ((SwarmTask)item).ServiceId == filter.Slot.ServiceId && ((SwarmTask)item).Slot == filter.Slot.Slot,
            (ObjectKind.Task, By.DesiredState) => item => ((SwarmTask)item).DesiredState == filter.DesiredState,
            (ObjectKind.Task, By.ReferencedSecretId) => item => RefersToSecret(((SwarmTask)item).Spec, filter.ReferencedSecretId),
            (ObjectKind.Task, By.ReferencedConfigId) => item => RefersToConfig(((SwarmTask)item).Spec, filter.ReferencedConfigId),
            (ObjectKind.Task, By.ReferencedNetworkId) => item => ((SwarmTask)item).Networks.Any(n => n.Network?.Id == filter.ReferencedNetworkId),
            (ObjectKind.Service, By.ReferencedSecretId) => item => RefersToSecret(((Service)item).Spec?.Task, filter.ReferencedSecretId),
            (ObjectKind.Service, By.ReferencedConfigId) => item => RefersToConfig(((Service)item).Spec?.Task, filter.ReferencedConfigId),
            (ObjectKind.Service, By.ReferencedNetworkId) => item => RefersToNetwork(((Service)item).Spec, filter.ReferencedNetworkId),
            (ObjectKind.Node, By.Role) => item => ((Node)item).Role == filter.Role,
            (ObjectKind.Node, By.Membership) => item => ((Node)item).Spec?.Membership == filter.Membership,
            (ObjectKind.Resource, By.Kind) => item => ((Resource)item).Kind == filter.Kind,
            _ => throw UseCaseException.Invalid($"objects of kind {kindName} cannot be filtered by {filter.ByCase}"),
        };
    }

    // The index of a resource is known by its kind too.
    private static bool HasIndex(IStoreObject item, SelectByCustom by, Func<string, string, bool> matches) =>
        (item is not Resource resource || by.Kind.Length == 0 || by.Kind == resource.Kind)
        && WatchKinds.AnnotationsOf(item)?.Indices.Any(i => i.Key == by.Index && matches(i.Val, by.Value)) == true;

    private static bool RefersToSecret(TaskSpec? spec, string id) => spec?.Container?.Secrets.Any(s => s.SecretId == id) == true;

    private static bool RefersToConfig(TaskSpec? spec, string id) => spec?.Container?.Configs.Any(c => c.ConfigId == id) == true;

#pragma warning disable CS0612 // Old clients still name networks here.
    private static bool RefersToNetwork(ServiceSpec? spec, string id) =>
        spec?.Task?.Networks.Any(n => n.Target == id) == true || spec?.Networks.Any(n => n.Target == id) == true;
#pragma warning restore CS0612
}
