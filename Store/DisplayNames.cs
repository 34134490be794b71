using System.Globalization;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store;

/// <summary>Names as users see them.</summary>
public static class DisplayNames
{
    /// <summary>
    /// A node's host name; a task's <c>service.slot.id</c>, with the node id for a task without slot (TM-8); the unique name of anything else.
    /// Empty when there is none.
    /// </summary>
    public static string Of(IStoreObject item) => item switch
    {
        Node node => node.Spec?.Annotations is { Name.Length: > 0 } annotations ? annotations.Name : node.Description?.Hostname ?? "",
        SwarmTask task => OfTask(task),
        _ => UniqueNames.Of(item) ?? "",
    };

    private static string OfTask(SwarmTask task)
    {
        if (task.Annotations is { Name.Length: > 0 } annotations)
        {
            return annotations.Name;
        }

        var slot = task.Slot == 0 ? task.NodeId : task.Slot.ToString(CultureInfo.InvariantCulture);
        return $"{task.ServiceAnnotations?.Name}.{slot}.{task.Id}";
    }
}
