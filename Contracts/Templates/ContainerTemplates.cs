using Google.Protobuf.Collections;

namespace SwarmOrleans.Contracts.Templates;

/// <summary>Expands the templates of a container spec (TPL-2). Pure.</summary>
public static class ContainerTemplates
{
    /// <summary>True when <see cref="Expand"/> would change anything.</summary>
    public static bool HasTemplates(ContainerSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return TextTemplate.HasActions(spec.Hostname)
            || spec.Env.Any(TextTemplate.HasActions)
            || spec.Mounts.Any(HasTemplates);
    }

    /// <summary>
    /// The task's container spec with its templates expanded: values of the environment, sources, targets, volume labels and driver options of mounts, and the
    /// host name. The spec itself stays as it is.
    /// </summary>
    /// <param name="node">The task's node; null when nothing is known of it.</param>
    /// <param name="task">A task with a container spec.</param>
    /// <exception cref="TemplateException">A template is wrong (TPL-4): <c>expanding env|mounts|hostname failed: …</c>.</exception>
    public static ContainerSpec Expand(NodeDescription? node, SwarmTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var spec = task.Spec.Container;
        if (!HasTemplates(spec))
        {
            return spec;
        }

        var data = TaskContext.Create(node, task);
        var expanded = spec.Clone();
        Try("env", () => ExpandValues(expanded.Env, data));
        Try("mounts", () =>
        {
            foreach (var mount in expanded.Mounts)
            {
                ExpandMount(mount, data);
            }
        });
        Try("hostname", () => expanded.Hostname = Expand(expanded.Hostname, data));
        return expanded;
    }

    private static bool HasTemplates(Mount mount) =>
        TextTemplate.HasActions(mount.Source)
        || TextTemplate.HasActions(mount.Target)
        || (mount.VolumeOptions is { } volume
            && volume.Labels.Values.Concat(volume.DriverConfig?.Options.Values ?? []).Any(TextTemplate.HasActions));

    private static void Try(string what, Action expand)
    {
        try
        {
            expand();
        }
        catch (TemplateException e)
        {
            throw new TemplateException($"expanding {what} failed: {e.Message}");
        }
    }

    // The name before the equals sign is taken as it is, and so is an entry without one.
    private static void ExpandValues(RepeatedField<string> variables, TemplateRecord data)
    {
        for (var i = 0; i < variables.Count; i++)
        {
            var equals = variables[i].IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0)
            {
                variables[i] = variables[i][..(equals + 1)] + Expand(variables[i][(equals + 1)..], data);
            }
        }
    }

    private static void ExpandMount(Mount mount, TemplateRecord data)
    {
        mount.Source = Expand(mount.Source, data);
        mount.Target = Expand(mount.Target, data);
        if (mount.VolumeOptions is { } volume)
        {
            ExpandValues(volume.Labels, data);
            if (volume.DriverConfig is { } driver)
            {
                ExpandValues(driver.Options, data);
            }
        }
    }

    private static void ExpandValues(MapField<string, string> values, TemplateRecord data)
    {
        foreach (var key in values.Keys.ToList())
        {
            values[key] = Expand(values[key], data);
        }
    }

    private static string Expand(string text, TemplateRecord data) => TextTemplate.Expand(text, data, TemplateFunctions.Common);
}
