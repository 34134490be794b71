using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Tables;

/// <summary>Names that are unique in their kind, whatever their case (STO-3). Nodes and tasks have names that are not.</summary>
internal static class UniqueNames
{
    public static string Key(string name) => name.ToLowerInvariant();

    public static string? Of(IStoreObject item)
    {
        var name = item switch
        {
            Cluster cluster => cluster.Spec?.Annotations?.Name,
            Service service => service.Spec?.Annotations?.Name,
            Network network => network.Spec?.Annotations?.Name,
            Secret secret => secret.Spec?.Annotations?.Name,
            Config config => config.Spec?.Annotations?.Name,
            Volume volume => volume.Spec?.Annotations?.Name,
            Extension extension => extension.Annotations?.Name,
            Resource resource => resource.Annotations?.Name,
            _ => null,
        };
        return string.IsNullOrEmpty(name) ? null : name;
    }
}
