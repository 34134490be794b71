using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using SwarmOrleans.Contracts;
using ContainerSpec = SwarmOrleans.Contracts.ContainerSpec;
using ContainerStatus = SwarmOrleans.Contracts.ContainerStatus;
using PortStatus = SwarmOrleans.Contracts.PortStatus;

namespace SwarmOrleans.Agent.Docker;

/// <summary>One task as a container. The container is found by its name, so that a task that was running is simply there after a restart of the agent.</summary>
internal sealed class DockerController(SwarmTask task, TaskFiles files, DockerClient client, SemaphoreSlim starts) : ITaskController
{
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HealthPollPeriod = TimeSpan.FromMilliseconds(200);

    private readonly string _name = ContainerMapper.NameOf(task);
    private readonly ContainerSpec _spec = task.Spec.Container;

    // The engine finishes a request whose caller has gone: whatever comes next must wait for it, or it finds half a container.
    private Task _request = Task.CompletedTask;

    public Task UpdateAsync(SwarmTask task, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await PullAsync(cancellationToken);
        await CreateVolumesAsync(cancellationToken);
        await files.WriteAsync(cancellationToken);
        await RequestAsync(CreateAsync, cancellationToken);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await starts.WaitAsync(cancellationToken);
        try
        {
            await RequestAsync(() => client.Containers.StartContainerAsync(_name, new ContainerStartParameters(), CancellationToken.None), cancellationToken);
        }
        finally
        {
            starts.Release();
        }

        if (_spec.Healthcheck is { Test.Count: > 0 } health && health.Test[0] != "NONE")
        {
            await WaitUntilHealthyAsync(cancellationToken);
        }
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var ended = await Errors.TranslateAsync(() => client.Containers.WaitContainerAsync(_name, cancellationToken));
        if (ended.StatusCode == 0)
        {
            return;
        }

        var container = await InspectAsync(cancellationToken);
        var cause = container?.State?.Error is { Length: > 0 } error ? $": {error}" : container?.State?.OOMKilled == true ? ": out of memory" : "";
        throw new TaskException($"task: non-zero exit ({ended.StatusCode}){cause}", exitCode: (int)ended.StatusCode);
    }

    public async Task ShutdownAsync(CancellationToken cancellationToken)
    {
        await RequestEndedAsync(cancellationToken);
        var grace = _spec.StopGracePeriod?.ToTimeSpan() ?? DefaultGrace;
        await IgnoreMissingAsync(() => client.Containers.StopContainerAsync(
            _name, new ContainerStopParameters { WaitBeforeKillSeconds = (uint)Math.Max(0, grace.TotalSeconds) }, cancellationToken));
    }

    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await ShutdownAsync(cancellationToken);
        await IgnoreMissingAsync(() => client.Containers.RemoveContainerAsync(
            _name, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, cancellationToken));
    }

    public async Task<ContainerStatus?> GetStatusAsync(CancellationToken cancellationToken) => await InspectAsync(cancellationToken) is { } container
        ? new ContainerStatus { ContainerId = container.ID, Pid = (int)(container.State?.Pid ?? 0), ExitCode = (int)(container.State?.ExitCode ?? 0) }
        : null;

    public async Task<PortStatus?> GetPortsAsync(CancellationToken cancellationToken) => HostPorts.Of(task).Any()
        ? ContainerPorts.StatusOf((await InspectAsync(cancellationToken))?.NetworkSettings?.Ports)
        : null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Task IgnoreMissingAsync(Func<Task> call) => Errors.TranslateAsync(async () =>
    {
        try
        {
            await call();
        }
        catch (DockerApiException e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.NotModified or HttpStatusCode.Conflict)
        {
            // Gone, stopped, or being removed already.
        }
    });

    private async Task RequestAsync(Func<Task> request, CancellationToken cancellationToken)
    {
        await RequestEndedAsync(cancellationToken);
        _request = Errors.TranslateAsync(request);
        await _request.WaitAsync(cancellationToken);
    }

    private async Task RequestEndedAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(_request).WaitAsync(cancellationToken);
        _ = _request.Exception;
    }

    private async Task CreateAsync()
    {
        try
        {
            await client.Containers.CreateContainerAsync(ContainerMapper.Map(task, files), CancellationToken.None);
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.Conflict)
        {
            // It was created before a restart of the agent.
        }
    }

    private async Task PullAsync(CancellationToken cancellationToken)
    {
        if (await HasImageAsync(cancellationToken))
        {
            return;
        }

        var parameters = new ImagesCreateParameters { FromImage = _spec.Image };
        if (!_spec.Image.Contains('@', StringComparison.Ordinal) && _spec.Image.LastIndexOf(':') <= _spec.Image.LastIndexOf('/'))
        {
            // Without a tag the engine would pull all of them.
            parameters.Tag = "latest";
        }

        await Errors.TranslateAsync(() => client.Images.CreateImageAsync(
            parameters, RegistryAuth.Parse(_spec.PullOptions?.RegistryAuth), new Progress<JSONMessage>(), cancellationToken));
        if (!await HasImageAsync(cancellationToken))
        {
            throw new TaskException($"No such image: {_spec.Image}");
        }
    }

    private async Task<bool> HasImageAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Errors.TranslateAsync(() => client.Images.InspectImageAsync(_spec.Image, cancellationToken));
            return true;
        }
        catch (TaskException e) when (!e.IsTemporary)
        {
            return false;
        }
    }

    private async Task CreateVolumesAsync(CancellationToken cancellationToken)
    {
        foreach (var mount in _spec.Mounts)
        {
            if (mount is { Type: Contracts.Mount.Types.Type.Volume, Source.Length: > 0, VolumeOptions.DriverConfig: { } driver })
            {
                var parameters = new VolumesCreateParameters
                {
                    Name = mount.Source,
                    Driver = driver.Name,
                    DriverOpts = new Dictionary<string, string>(driver.Options),
                    Labels = new Dictionary<string, string>(mount.VolumeOptions.Labels),
                };
                await Errors.TranslateAsync(() => client.Volumes.CreateAsync(parameters, cancellationToken));
            }
        }
    }

    private async Task WaitUntilHealthyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var container = await InspectAsync(cancellationToken) ?? throw new TaskException("the container is gone");
            switch (container.State?.Health?.Status)
            {
                case "healthy":
                    return;
                case "unhealthy":
                    await ShutdownAsync(cancellationToken);
                    throw new TaskException("unhealthy container");
            }

            if (container.State is { Running: false } state)
            {
                throw new TaskException($"task: non-zero exit ({state.ExitCode})", exitCode: (int)state.ExitCode);
            }

            await Task.Delay(HealthPollPeriod, cancellationToken);
        }
    }

    private async Task<ContainerInspectResponse?> InspectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await client.Containers.InspectContainerAsync(_name, cancellationToken);
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            throw new TaskException($"the Docker engine does not answer: {e.Message}", isTemporary: true, inner: e);
        }
    }
}
